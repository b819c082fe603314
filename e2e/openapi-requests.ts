import fc from 'fast-check';

/** What a generated request is made of. */
export interface GeneratedRequest {
  operationId: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
  token: 'good' | 'none' | 'rubbish' | 'poor';
}

interface Operation {
  operationId: string;
  parameters?: { name: string; in: 'path' | 'query'; required: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}
type Schema = Record<string, unknown> & { type?: string; properties?: Record<string, Schema>; items?: Schema };

/** Facts of the running platform that make some requests reach further: a site that exists, and so on, by parameter name. */
export type KnownValues = Record<string, readonly string[]>;

const nasty = [
  '',
  '\u0000',
  '\ud800',
  '\u202eabc',
  '../../etc/passwd',
  "'; drop table event; --",
  '%00',
  '%zz',
  '{{7*7}}',
  '=cmd()',
  '🎉'.repeat(50),
  'a'.repeat(10_000),
  '-1',
  '1e309',
  '9007199254740993',
  'NaN',
  'null',
  '__proto__',
  '2015-02-30T25:61:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  'Mars/Olympus',
];
const nastyValue = fc.oneof(
  fc.constantFrom<unknown>(...nasty, null, true, -0, 1.5, 2 ** 53 + 1, -1, 0, [], {}, [[[]]], { a: { b: {} } }),
  fc.string(),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Makes requests to every operation of an API: good ones, nearly good ones and bad ones. */
export function requestsOf(document: OpenApi, known: KnownValues): fc.Arbitrary<GeneratedRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => requestTo({ path, method, operation }, known)),
  );
  return fc.oneof(...operations);
}

function requestTo(
  target: { path: string; method: string; operation: Operation },
  known: KnownValues,
): fc.Arbitrary<GeneratedRequest> {
  const { operation } = target;
  const parameters = operation.parameters ?? [];
  return fc
    .record({
      method: mostly(
        fc.constant(target.method.toUpperCase()),
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'),
      ),
      path: pathOf(target.path, parameters, known),
      query: queryOf(parameters, known),
      headers: headersOf(operation),
      body: operation.requestBody
        ? bodyOf(operation.requestBody, known)
        : fc.option(fc.constant('{}'), { nil: undefined, freq: 20 }),
      token: fc.oneof(
        { weight: 8, arbitrary: fc.constant('good' as const) },
        { weight: 1, arbitrary: fc.constantFrom('none' as const, 'rubbish' as const, 'poor' as const) },
      ),
    })
    .map(({ method, path, query, headers, body, token }) => ({
      operationId: operation.operationId,
      method,
      path: path + query,
      headers,
      body: method === 'GET' || method === 'HEAD' ? undefined : body,
      token,
    }));
}

const mostly = <Value>(usual: fc.Arbitrary<Value>, seldom: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: seldom });

function pathOf(path: string, parameters: Operation['parameters'], known: KnownValues): fc.Arbitrary<string> {
  const names = (parameters ?? []).filter((parameter) => parameter.in === 'path');
  return fc
    .tuple(...names.map((parameter) => textOf(parameter.name, parameter.schema, known)))
    .map((values) =>
      names.reduce((text, { name }, index) => text.replace(`{${name}}`, encode(values[index] ?? '')), path),
    );
}

function queryOf(parameters: Operation['parameters'], known: KnownValues): fc.Arbitrary<string> {
  const names = (parameters ?? []).filter((parameter) => parameter.in === 'query');
  const parts = names.map((parameter) =>
    fc
      .tuple(textOf(parameter.name, parameter.schema, known), fc.boolean())
      .map(([value, isGiven]) => (parameter.required || isGiven ? `${parameter.name}=${encode(value)}` : '')),
  );
  const strange = mostly(
    fc.constant(''),
    fc.constantFrom('limit=1&limit=2', 'colour=red', '%', '__proto__=1', '=', '&&', 'site'),
  );
  return fc.tuple(...parts, strange).map((all) => {
    const given = all.filter(Boolean);
    return given.length > 0 ? `?${given.join('&')}` : '';
  });
}

/** Half of the nasty texts go as they are, so that broken escapes reach the server too. */
function encode(text: string): string {
  if (text === '%zz' || text === '%00') return text;
  return encodeURIComponent(text.toWellFormed());
}

function textOf(name: string, schema: Schema, known: KnownValues): fc.Arbitrary<string> {
  const values = known[name];
  const good = values ? fc.constantFrom(...values) : exampleOf(schema, known).map((value) => String(value));
  return fc.oneof(
    { weight: 8, arbitrary: good },
    { weight: 1, arbitrary: fc.constantFrom(...nasty) },
    { weight: 1, arbitrary: fc.string() },
  );
}

function headersOf(operation: Operation): fc.Arbitrary<Record<string, string>> {
  const types = Object.keys(operation.requestBody?.content ?? { 'application/json': {} });
  return fc
    .record({
      'content-type': mostly(
        fc.constantFrom(...types),
        fc.constantFrom('text/html', 'application/json; charset=utf-16', '', 'multipart/form-data'),
      ),
      accept: mostly(
        fc.constant('*/*'),
        fc.constantFrom('application/xml', 'text/html;q=0.1, application/json', ',,,', '*'),
      ),
      traceparent: mostly(
        fc.constant(''),
        fc.constantFrom('rubbish', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
      ),
      origin: mostly(fc.constant(''), fc.constantFrom('null', 'https://evil.example', 'not a url')),
      'user-agent': fc.constantFrom(
        'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        'Googlebot/2.1',
        '',
        'x'.repeat(2_000),
      ),
      'idempotency-key': fc.oneof(
        { weight: 6, arbitrary: fc.uuid() },
        { weight: 2, arbitrary: fc.constantFrom('', 'the same for many', 'ö', 'x'.repeat(65), 'a\tb') },
      ),
      'if-match': mostly(fc.constantFrom('', '"1"', '"2"'), fc.constantFrom('*', 'W/"1"', '"x"', '1', '"1", "2"')),
      'millrace-signature': mostly(
        fc.constant(''),
        fc.constantFrom('t=1,v1=00', 't=,v1=', `t=${'9'.repeat(40)},v1=zz`),
      ),
      'x-forwarded-for': mostly(fc.ipV4(), fc.constantFrom('::1', 'rubbish', '1.2.3.4, 999.1.1.1', '2001:db8::1')),
    })
    .map((headers) => Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '')));
}

function bodyOf(
  body: NonNullable<Operation['requestBody']>,
  known: KnownValues,
): fc.Arbitrary<string | Buffer | undefined> {
  const schema = Object.values(body.content)[0]?.schema ?? {};
  const good = exampleOf(schema, known).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  const spoilt = fc
    .tuple(exampleOf(schema, known), nastyValue, fc.nat(), fc.string())
    .map(([value, bad, place, key]) => JSON.stringify(spoil(value, { bad, place, key })));
  const broken = fc.tuple(good, fc.nat()).map(([text, cut]) => text.slice(0, cut % (text.length + 1)));
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  const deep = fc.constantFrom(
    '['.repeat(2_000),
    `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
    `[${'1,'.repeat(20_000)}1]`,
    '{"a":1,"a":2}',
  );
  return fc.oneof(
    { weight: 10, arbitrary: good },
    { weight: 8, arbitrary: spoilt },
    { weight: 2, arbitrary: broken },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: deep },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** Puts a bad value somewhere into a good one. */
function spoil(value: unknown, how: { bad: unknown; place: number; key: string }): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const index = how.place % value.length;
    return value.map((item, position) => (position === index ? spoil(item, { ...how, place: how.place >> 1 }) : item));
  }
  if (typeof value !== 'object' || value === null) return how.bad;
  const keys = [...Object.keys(value), how.key];
  const key = keys[how.place % keys.length] ?? how.key;
  const inner = (value as Record<string, unknown>)[key];
  const isDeeper = typeof inner === 'object' && inner !== null && how.place % 2 === 0;
  return { ...value, [key]: isDeeper ? spoil(inner, { ...how, place: how.place >> 1 }) : how.bad };
}

/** Values of a JSON Schema, as far as our documents use it. */
function exampleOf(schema: Schema, known: KnownValues): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (choices) return fc.oneof(...choices.map((choice) => exampleOf(choice, known)));
  if (schema.type === 'string') return stringOf(schema);
  if (schema.type === 'integer' || schema.type === 'number') {
    const min = Math.max(Number(schema.minimum ?? -1_000), -1_000_000);
    return fc.integer({ min, max: Math.max(min, Math.min(Number(schema.maximum ?? 1_000), 1_000_000)) });
  }
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'null') return fc.constant(null);
  if (schema.type === 'array') return fc.array(exampleOf(schema.items ?? {}, known), { maxLength: 5 });
  if (schema.properties) return objectOf(schema, known);
  if (schema.type === 'object')
    return fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 10 }), { maxKeys: 3 });
  return fc.jsonValue({ maxDepth: 2 });
}

function objectOf(schema: Schema, known: KnownValues): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, part]) => [
      name,
      known[name] ? fc.constantFrom(...known[name]) : exampleOf(part, known),
    ]),
  );
  const required = ((schema.required as string[] | undefined) ?? []).filter((name) => name in fields);
  return fc.record(fields, { requiredKeys: required });
}

function stringOf(schema: Schema): fc.Arbitrary<string> {
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'uri') return fc.oneof(fc.webUrl(), fc.constant('https://example.com/a?utm_source=x#y'));
  if (schema.format === 'date-time') {
    return fc
      .date({ min: new Date('2014-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  return fc.string({ maxLength: Math.min(Number(schema.maxLength ?? 40), 40), unit: 'grapheme' });
}
