import { describe, expect, it } from 'vitest';
import { isTimeZone, readDomain } from './site.ts';

describe('a domain', () => {
  it.each([
    ['example.com', 'example.com'],
    [' WWW.Example.COM. ', 'www.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['localhost', 'localhost'],
    ['192.0.2.7', '192.0.2.7'],
  ])('%j is stored as %s', (text, domain) => {
    expect(readDomain(text)).toBe(domain);
  });
  it.each([
    '',
    'https://example.com',
    'example.com/path',
    'example.com:8080',
    'a b.example',
    'user@example.com',
    '-a.example',
    'a..example',
    '999.1.1.1',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(140)}example`,
    '<script>',
  ])('%j is none', (text) => {
    expect(readDomain(text)).toBeUndefined();
  });
});

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Vienna', 'America/Argentina/Buenos_Aires'])('%s is one', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });
  it.each(['Mars/X', '', '+02:00', 'local'])('%j is none', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});
