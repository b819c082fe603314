import { expect, test } from 'vitest';
import { ByteReader, readAtMost } from './byte-reader.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const mark = Buffer.from('\r\n--b');
const sizes = Array.from({ length: 40 }, (_, index) => index + 1);

test('a mark is found wherever chunks part, and what only begins like one is content', async () => {
  const content = 'x\r\n--a\r\n\r\n--\r\n-\r\r\n-- b\r';
  for (const size of sizes) {
    const reader = new ByteReader(inPieces(`head\r\n${content}\r\n--b--\r\nrest`, size));
    expect((await reader.line(10))?.toString()).toBe('head');
    expect((await readAtMost(reader.until(mark), 1000))?.toString()).toBe(content);
    expect((await reader.line(10))?.toString()).toBe('--');
    expect((await readAtMost(reader.exactly(4), 4))?.toString()).toBe('rest');
  }
});

test('what ends too early is incomplete, and what is too long is not held', async () => {
  for (const size of sizes) {
    const read = (text: string) => new ByteReader(inPieces(text, size));
    const incomplete = { type: 'IncompleteBody' };
    await expect(readAtMost(read('content\r\n--').until(mark), 1000)).rejects.toMatchObject(incomplete);
    await expect(readAtMost(read('cont').exactly(5), 1000)).rejects.toMatchObject(incomplete);
    await expect(read('no end\r').line(100)).rejects.toMatchObject(incomplete);
    expect(await read('a long line\r\n').line(10)).toBeUndefined();
    expect((await read('a long line\r\n').line(11))?.toString()).toBe('a long line');
    expect(await readAtMost(read('12345\r\n--b').until(mark), 4)).toBeUndefined();
  }
});
