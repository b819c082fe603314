import { describe, expect, it } from 'vitest';
import { clientReader } from './client.ts';
import { countryFinder } from './country.ts';

const desktop =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

describe('a user agent', () => {
  const read = clientReader();
  it('says which browser, system and device', () => {
    expect(read(desktop)).toEqual({ isBot: false, browser: 'Chrome', os: 'Windows', device: 'desktop' });
    expect(read(phone)).toEqual({ isBot: false, browser: 'Safari', os: 'iOS', device: 'mobile' });
  });
  it.each([
    '',
    'curl/8.5.0',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'python-requests/2.31',
  ])('%j is a robot', (userAgent) => {
    expect(read(userAgent)).toEqual({ isBot: true });
  });
  it('of a headless browser is a robot, but on a laptop a developer who tests the script tag', () => {
    const headless = desktop.replace('Chrome/', 'HeadlessChrome/');
    expect(read(headless)).toEqual({ isBot: true });
    expect(clientReader({ allowHeadless: true })(headless)).toEqual(read(desktop));
  });
  it('is forgotten when too many others came, and read again', () => {
    const small = clientReader({ maxKept: 2 });
    const first = small(desktop);
    expect(small(desktop)).toBe(first);
    small(`${desktop} a`);
    small(`${desktop} b`);
    expect(small(desktop)).not.toBe(first);
    expect(small(desktop)).toEqual(first);
  });
  it('of a megabyte is read quickly', () => {
    const started = performance.now();
    read(`Mozilla/5.0 ${'(a '.repeat(350_000)}`);
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});

describe('the country of an address', () => {
  const faults: unknown[] = [];
  const countries = countryFinder((error) => faults.push(error));
  it.each([
    ['8.8.8.8', 'US'],
    ['::ffff:8.8.8.8', 'US'],
    ['83.149.9.216', 'RU'],
    ['2a00:1450:4001::1', 'IE'],
    ['127.0.0.1', undefined],
    ['10.0.0.1', undefined],
    ['::1', undefined],
    ['not an address', undefined],
  ])('%s is %s', (address, country) => {
    expect(countries.of(address)).toBe(country);
    expect(faults).toEqual([]);
  });
});
