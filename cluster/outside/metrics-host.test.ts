import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { maxNames } from './metric-values.ts';
import type { Outside } from './outside.ts';
import { startOutside } from './outside.ts';
import type { Answer } from './testing.ts';
import { askThroughProxy, metricsUrl, repositoryUrl } from './testing.ts';

let outside: Outside;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-outside-'));
  outside = await startOutside({
    repositoryUrl,
    repositoryPath: folder,
    metricsUrl,
    folder: join(folder, 'outside'),
    note: () => undefined,
  });
});

afterAll(async () => {
  await outside.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await fetch(`${outside.controlUrl}/metrics`, { method: 'DELETE' });
});

const signature =
  'AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-north-1/aps/aws4_request, SignedHeaders=host;x-amz-date, Signature=00';

function ask(path: string, more: { method?: string; body?: string; authorization?: string } = {}): Promise<Answer> {
  const { authorization = signature, method, body } = more;
  return askThroughProxy({
    ...outside,
    certificate: readFileSync(outside.certificateFile, 'utf8'),
    url: `${metricsUrl}${path}`,
    ...(method && { method }),
    ...(body && { body }),
    headers: { Authorization: authorization, 'Content-Type': 'application/x-www-form-urlencoded' },
  });
}

async function saidOf(query: string): Promise<string | undefined> {
  const { text } = await ask('/api/v1/query', { method: 'POST', body: String(new URLSearchParams({ query })) });
  const { data } = JSON.parse(text) as { data: { result: { value: [number, string] }[] } };
  return data.result[0]?.value[1];
}

async function put(name: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${outside.controlUrl}/metrics/${name}`, { method: 'PUT', body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

test('a query is answered with an instant vector, for GET and for POST', async () => {
  const expected = { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [17, '0'] }] } };
  const asked = await ask('/api/v1/query?query=up&time=17');
  expect([asked.status, JSON.parse(asked.text)]).toEqual([200, expected]);
  const posted = await ask('/api/v1/query', { method: 'POST', body: 'query=up&time=17' });
  expect([posted.status, JSON.parse(posted.text)]).toEqual([200, expected]);
});

test('what was set is said of every query that contains the name, and 0 of all others', async () => {
  expect(await put('error-rate', { value: 0.25 })).toEqual({
    status: 200,
    text: '{"name":"error-rate","value":0.25}\n',
  });
  await put('http_server_errors', { value: 7 });
  expect(await saidOf('sum(rate(x{slo="error-rate"}[1m]))')).toBe('0.25');
  expect(await saidOf('http_server_errors / 2')).toBe('7');
  expect(await saidOf('error-rate of http_server_errors')).toBe('0.25');
  expect(await saidOf('something else')).toBe('0');
  expect(await saidOf('p99')).toBe('0');
});

test('a value may be no number, and there may be none', async () => {
  const said: (string | undefined)[] = [];
  for (const value of ['NaN', '+Inf', '-Inf', null]) {
    await put('p99', { value });
    said.push(await saidOf('p99'));
  }
  expect(said).toEqual(['NaN', '+Inf', '-Inf', undefined]);
});

test('the state tells what was set and what was asked', async () => {
  await put('p99', { value: 300 });
  await saidOf('max(p99)');
  const state = (await (await fetch(`${outside.controlUrl}/state`)).json()) as { metrics: unknown; queries: unknown[] };
  expect(state.metrics).toEqual({ 'error-rate': 0, p99: 300 });
  expect(state.queries.at(-1)).toEqual({ query: 'max(p99)', name: 'p99', value: 300 });
});

test('a request that is not signed for this workspace is refused, as Amazon does', async () => {
  const other = signature.replace('eu-north-1', 'us-east-1');
  for (const authorization of ['', 'Bearer x', other, signature.replace('/aps/', '/sts/')]) {
    const { status, text } = await ask('/api/v1/query?query=up', { authorization });
    expect({ authorization, status, text }).toEqual({
      authorization,
      status: 403,
      text: '{"Message":"Missing Authentication Token"}',
    });
  }
});

test('a wrong question is an error in the words of Prometheus', async () => {
  const wrong = await ask('/api/v1/query', { method: 'POST', body: 'time=1' });
  expect([wrong.status, JSON.parse(wrong.text)]).toEqual([
    400,
    { status: 'error', errorType: 'bad_data', error: 'parameter "query" is missing' },
  ]);
  expect((await ask('/api/v1/labels')).status).toBe(404);
  expect((await ask('/api/v1/query?query=up', { method: 'DELETE' })).status).toBe(405);
  const long = await ask('/api/v1/query', { method: 'POST', body: `query=${'x'.repeat(70_000)}` });
  expect(long.status).toBe(413);
});

test('a wrong setting is refused in one sentence, and sets nothing', async () => {
  const sentence = 'value: write a number, "NaN", "+Inf", "-Inf", or null for no answer';
  expect(await put('p99', { value: 'many' })).toEqual({
    status: 400,
    text: `${JSON.stringify({ error: sentence })}\n`,
  });
  expect((await put('p99', { value: 1, other: 2 })).status).toBe(400);
  expect((await put('%E0%A4%A', { value: 1 })).status).toBe(400);
  expect((await put('x'.repeat(300), { value: 1 })).status).toBe(400);
  const text = await fetch(`${outside.controlUrl}/metrics/p99`, { method: 'PUT', body: 'nonsense' });
  expect([text.status, await text.json()]).toEqual([400, { error: 'the body is not JSON' }]);
  expect((await fetch(`${outside.controlUrl}/metrics/p99`)).status).toBe(404);
  expect(await saidOf('p99')).toBe('0');
});

test('there is an end to the names that are kept', async () => {
  const statuses: number[] = [];
  for (let index = 0; index < maxNames; index += 1) statuses.push((await put(`m${index}`, { value: 1 })).status);
  // Two are known from the start.
  expect(statuses.filter((status) => status === 200)).toHaveLength(maxNames - 2);
  expect(statuses.at(-1)).toBe(409);
});
