import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { order } from '@millrace/catalog/services.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLog } from './log.ts';
import { runSmoke, smoke, smokeTargets } from './smoke.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    }),
  );
});

/** A workload that answers the given statuses in turn, and the last one from then on; `silent` answers nothing. */
async function workload(...statuses: (number | 'silent' | 'hangs up')[]): Promise<string> {
  let asked = 0;
  const server = createServer((request, response) => {
    const status = statuses[Math.min(asked, statuses.length - 1)];
    asked += 1;
    if (status === 'silent') return;
    if (status === 'hangs up') return void request.socket.destroy();
    response.writeHead(status ?? 500, { location: '/elsewhere' }).end(`{"asked": ${asked}}\n`);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
}

const limits = { deadlineMs: 60_000, pauseMs: 5, answerMs: 10_000 };

describe('a smoke test', () => {
  it('asks each workload of a service at its Service', () => {
    expect(smokeTargets(order, 8080)).toEqual([
      { workload: 'api', url: 'http://order-api.order.svc.cluster.local:8080/readyz' },
      { workload: 'worker', url: 'http://order-worker.order.svc.cluster.local:8080/readyz' },
    ]);
  });

  it('asks again until all are ready, and says what it saw', async () => {
    const targets = [
      { workload: 'api', url: await workload(200) },
      { workload: 'worker', url: await workload(503, 'hangs up', 'silent', 200) },
    ];
    const answers = await smoke(targets, { ...limits, answerMs: 2_000 });
    expect(answers).toEqual([
      { ...targets[0], isReady: true, attempts: 1, waitedMs: expect.any(Number), last: '200 {"asked": 1}' },
      { ...targets[1], isReady: true, attempts: 4, waitedMs: expect.any(Number), last: '200 {"asked": 4}' },
    ]);
  });

  it.each([
    ['a workload that is not ready', [503], /^503 \{"asked": \d+\}$/],
    ['one that sends elsewhere', [302], /redirect/],
    ['one that hangs up', ['hangs up'], /closed|reset|EPIPE|hang up/],
    ['one that says nothing', ['silent'], /timeout/],
  ] as const)('gives up on %s at the deadline', async (_, statuses, last) => {
    const target = { workload: 'api', url: await workload(...statuses) };
    const startedAt = performance.now();
    const answerMs = statuses[0] === 'silent' ? 300 : limits.answerMs;
    const [answer] = await smoke([target], { ...limits, deadlineMs: 300, answerMs });
    expect(answer).toMatchObject({ isReady: false, last: expect.stringMatching(last) });
    expect(answer?.attempts).toBeGreaterThan(0);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });

  it('of a service that is not there ends with 1 and the reason in one line', async () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      await runSmoke(order, {
        port: 8080,
        log: createLog({ name: 'smoke', level: 'fatal' }),
        limits: { ...limits, deadlineMs: 50 },
      });
      expect(process.exitCode).toBe(1);
      expect(written.mock.calls.map(([line]) => String(line))).toEqual([
        expect.stringMatching(
          /^smoke: order\/api at http:\/\/order-api\.order\.svc\.cluster\.local:8080\/readyz was not ready in \d+ attempts over \d+ ms, last: [^;]+; order\/worker [^\n]+\n$/,
        ),
      ]);
    } finally {
      process.exitCode = undefined;
      written.mockRestore();
    }
  });
});
