import { describe, expect, it } from 'vitest';
import { parseLogLine, skipReason } from './access-log.ts';

const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36';
const line = (request: string, status = 200, referrer = '-') =>
  `192.0.2.7 - - [17/May/2015:10:05:03 +0200] "${request}" ${status} 2326 "${referrer}" "${agent}"`;
const reasonOf = (request: string, status = 200) => {
  const parsed = parseLogLine(line(request, status));
  return parsed ? skipReason(parsed) : 'malformed';
};

describe('a line of an access log', () => {
  it('is read with its time in UTC', () => {
    expect(parseLogLine(line('GET /a/b.html?x=1 HTTP/1.1', 200, 'http://example.com/from'))).toEqual({
      address: '192.0.2.7',
      at: new Date('2015-05-17T08:05:03.000Z'),
      method: 'GET',
      url: '/a/b.html?x=1',
      status: 200,
      referrer: 'http://example.com/from',
      userAgent: agent,
      anonymous: line('GET /a/b.html?x=1 HTTP/1.1', 200, 'http://example.com/from').slice('192.0.2.7 - - '.length),
    });
  });
  it('may have quotes that are escaped, a user name, and no size', () => {
    const parsed = parseLogLine(
      '2001:db8::1 - ada [01/Jan/2024:00:00:00 +0000] "GET / HTTP/2.0" 304 - "-" "say \\"hello\\""',
    );
    expect(parsed).toMatchObject({ address: '2001:db8::1', status: 304, userAgent: 'say "hello"' });
  });
  it.each([
    ['nothing', ''],
    ['a sentence', 'hello world'],
    ['an end that is missing', line('GET / HTTP/1.1').slice(0, -20)],
    ['a day that does not exist', line('GET / HTTP/1.1').replace('17/May', '31/Feb')],
    ['no request', line('-')],
    ['bytes of TLS', line('\\x16\\x03\\x01')],
    ['20,000 characters', line(`GET /${'a'.repeat(20_000)} HTTP/1.1`)],
  ])('with %s is malformed', (_, text) => {
    expect(parseLogLine(text)).toBeUndefined();
  });
});

describe('a request', () => {
  it.each([
    'GET / HTTP/1.1',
    'GET /blog HTTP/1.1',
    'GET /blog/ HTTP/1.1',
    'GET /about.html HTTP/1.1',
    'GET /index.php?page=2 HTTP/1.1',
    'GET /release-1.0 HTTP/1.1',
    'GET /jquery%20mobile?utm_source=rss HTTP/1.0',
  ])('%s is a page view', (request) => {
    expect(reasonOf(request)).toBeUndefined();
  });
  it('that the browser had already (304) is a page view', () => {
    expect(reasonOf('GET /about HTTP/1.1', 304)).toBeUndefined();
  });
  it.each([
    ['POST / HTTP/1.1', 200, 'not-get'],
    ['HEAD / HTTP/1.1', 200, 'not-get'],
    ['GET / HTTP/1.1', 301, 'redirect'],
    ['GET / HTTP/1.1', 404, 'error'],
    ['GET / HTTP/1.1', 500, 'error'],
    ['GET /robots.txt HTTP/1.1', 200, 'robots'],
    ['GET /logo.PNG HTTP/1.1', 200, 'asset'],
    ['GET /paper.pdf HTTP/1.1', 200, 'asset'],
    ['GET /style.css?v=2 HTTP/1.1', 200, 'asset'],
    ['GET /feed HTTP/1.1', 200, 'feed'],
    ['GET /blog/feed/ HTTP/1.1', 200, 'feed'],
    ['GET /index.xml HTTP/1.1', 200, 'feed'],
    ['GET /?flav=rss20 HTTP/1.1', 200, 'feed'],
    ['GET /blog?flav=atom HTTP/1.1', 200, 'feed'],
  ])('%s with status %i is none: %s', (request, status, reason) => {
    expect(reasonOf(request, status)).toBe(reason);
  });
});
