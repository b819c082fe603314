import { expect, it } from 'vitest';
import { csvName, writeCsv } from './csv.ts';

it('writes a header, rows and line ends of RFC 4180', () => {
  const csv = writeCsv(
    ['page', 'visitors'],
    [
      ['/', 3],
      ['/a,b', 0],
      ['say "hi"', -1],
      [null, 2],
    ],
  );
  expect(csv).toBe('page,visitors\r\n/,3\r\n"/a,b",0\r\n"say ""hi""",-1\r\n,2\r\n');
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('text that starts like the formula %j is made text', (text) => {
  const [, row = ''] = writeCsv(['value'], [[text]]).split(/\r\n(?=.)/);
  expect(row.replace(/^"/, '').startsWith("'")).toBe(true);
});

it('a line break inside a value stays inside its quotes', () => {
  expect(writeCsv(['value'], [['a\nb']])).toBe('value\r\n"a\nb"\r\n');
});

it('a file name keeps plain characters only', () => {
  expect(csvName('Übung / Söhne & Co', 'Pages', '2026-11-01')).toBe('u-bung-so-hne-co-pages-2026-11-01.csv');
  expect(csvName('../../etc')).toBe('etc.csv');
});
