import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { withDeadline } from './deadline.ts';
import { continueTrace } from './telemetry.ts';
import { openSpanSink } from './tracing.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const facts = {
  kind: 'server',
  startMs: 1_000,
  endMs: 1_250,
  isError: true,
  attributes: { 'http.route': '/x' },
} as const;

describe('a span', () => {
  it('reaches the collector with the ids that went out with its calls', async () => {
    const bodies: string[] = [];
    const collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(`${request.url} ${Buffer.concat(chunks).toString('utf8')}`);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    closing.push(() => collector.close());
    const endpoint = `http://127.0.0.1:${(collector.address() as { port: number }).port}`;
    const sink = await openSpanSink({ endpoint, service: 'notes-api', environment: 'dev' });
    const parent = continueTrace(undefined);
    const child = continueTrace(`00-${parent.traceId}-${parent.spanId}-01`);
    sink.record({ ...facts, name: 'GET /x', trace: child });
    await sink.close();
    const [path, json] = bodies[0]?.split(/ (.*)/s) ?? [];
    expect(path).toBe('/v1/traces');
    const resource = JSON.parse(json ?? '').resourceSpans[0];
    const span = resource.scopeSpans[0].spans[0];
    expect(span).toMatchObject({
      traceId: parent.traceId,
      spanId: child.spanId,
      parentSpanId: parent.spanId,
      name: 'GET /x',
    });
    expect(span.status.code).toBe(2);
    expect(resource.resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'notes-api' } });
  });

  it('is dropped without a word when the collector is away', async () => {
    const sink = await openSpanSink({ endpoint: 'http://127.0.0.1:9', service: 'notes-api', environment: 'dev' });
    for (let count = 0; count < 5_000; count += 1)
      sink.record({ ...facts, name: 'GET /x', trace: continueTrace(undefined) });
    await expect(withDeadline(sink.close(), 10_000)).resolves.toBeUndefined();
  });
});
