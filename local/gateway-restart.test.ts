import { createServer } from 'node:http';
import { listen } from '@millrace/runtime/listen.ts';
import type { App } from '@millrace/runtime/server.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterEach, expect, test } from 'vitest';
import type { Gateway } from './gateway.ts';
import { createGateway } from './gateway.ts';
import { findFreePort } from './ports.ts';

let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.close();
});

/** A gateway to one port, whether anybody listens there or not. */
async function gatewayTo(port: number): Promise<string> {
  const own = await findFreePort();
  gateway = createGateway({ routes: [{ path: '/*', target: `http://127.0.0.1:${port}`, name: 'service' }] });
  await gateway.listen(own, ['127.0.0.1']);
  return `http://127.0.0.1:${own}`;
}

test('a request waits, with its whole body, for a process that starts again', async () => {
  const port = await findFreePort();
  const base = await gatewayTo(port);
  const body = 'x'.repeat(200_000);
  const waiting = fetch(base, { method: 'POST', body });
  const late = createServer(async (incoming, outgoing) => {
    let length = 0;
    for await (const part of incoming) length += (part as Buffer).length;
    outgoing.end(String(length));
  });
  setTimeout(() => late.listen(port, '127.0.0.1'), 200);
  const response = await waiting;
  expect([response.status, await response.text()]).toEqual([200, String(body.length)]);
  late.close();
});

test('a process that is stopped and started again under load fails no request', async () => {
  const port = await findFreePort();
  const base = await gatewayTo(port);
  const app = { fetch: async (request: Request) => new Response(await request.text()) } as unknown as App;
  const start = () => listen(app, { host: '127.0.0.1', port, drainMs: 5_000 });
  let server = await start();
  let isOver = false;
  const seen: Record<string, number> = {};
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const response = await fetch(base, { method: 'POST', body: 'thing' });
      const text = response.status === 200 ? await response.text() : '';
      const key = text === 'thing' ? 'good' : `status ${response.status}`;
      seen[key] = (seen[key] ?? 0) + 1;
    }
  };
  const lanes = Array.from({ length: 16 }, lane);
  for (let round = 0; round < 5; round += 1) {
    const before = seen.good ?? 0;
    await waitFor(() => (seen.good ?? 0) > before + 50);
    await server.close();
    server = await start();
  }
  isOver = true;
  await Promise.all(lanes);
  await server.close();
  expect(Object.keys(seen)).toEqual(['good']);
  expect(seen.good).toBeGreaterThan(250);
});
