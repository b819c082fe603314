import { Agent as HttpAgent, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from '@millrace/runtime/in-parallel.ts';
import type { Keyring } from '@millrace/runtime/keyring.ts';
import type { Log } from '@millrace/runtime/log.ts';
import { Pacer } from '@millrace/runtime/pacer.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type postgres from 'postgres';
import type { DueWebhook } from './simulated-store.ts';
import { borrowWebhooks, postponeWebhook, removeWebhooks } from './simulated-store.ts';
import { signatureHeader, signWebhook } from './webhook.ts';

interface CourierParts {
  /** The simulated company's own connections. */
  sql: postgres.Sql;
  url: string;
  keys: Keyring;
  clock: Clock;
  random: Random;
  log: Log;
  /** Keeps connections to the address; the courier makes it. */
  agent: HttpAgent;
}

export interface Courier extends Closable {
  /** There is a callback to send. */
  wake(): void;
}

const batchSize = 32;
const atOnce = 8;
const answerMs = 5_000;
/** A batch whose every callback waits for its answer as long as it may, and what is written about it. */
const loanMs = Math.ceil(batchSize / atOnce) * answerMs + 5_000;
const pollMs = 500;
const gatherMs = 200;
const firstPauseMs = 200;
const longestPauseMs = 30_000;
/** About ten hours of an address that does not answer. */
const maxTries = 1_200;

/**
 * Sends the simulated company's callbacks until each was answered with 2xx: at least once, in any order, again after a crash.
 * Any number of couriers may run.
 */
export function startCourier(options: Omit<CourierParts, 'agent'>): Courier {
  const isTls = options.url.startsWith('https:');
  const agent = new (isTls ? TlsAgent : HttpAgent)({ keepAlive: true, maxSockets: atOnce });
  const parts = { ...options, agent };
  const pacer = new Pacer({ random: parts.random, firstPauseMs, longestPauseMs });
  const running = (async () => {
    while (!pacer.isStopped) {
      try {
        const sent = await sendDue(parts, pacer.signal);
        pacer.succeed();
        if (sent === batchSize) continue;
        // After the first others follow: they gather.
        if (await pacer.rest(pollMs)) await delay(gatherMs, undefined, { signal: pacer.signal }).catch(() => undefined);
      } catch (error) {
        parts.log.warn({ err: error }, 'callbacks could not be read and are sent later');
        await pacer.backOff();
      }
    }
  })();
  return {
    wake: pacer.wake,
    close: async () => {
      pacer.stop();
      await running;
      agent.destroy();
    },
  };
}

async function sendDue(parts: CourierParts, stop: AbortSignal): Promise<number> {
  const now = parts.clock.now();
  const loan = { now, until: new Date(now.getTime() + loanMs), limit: batchSize };
  const due = await borrowWebhooks(parts.sql, loan);
  const over: string[] = [];
  await inParallel(due, atOnce, async (webhook) => {
    if (await deliver(parts, webhook, stop)) over.push(webhook.id);
  });
  await removeWebhooks(parts.sql, over);
  return due.length;
}

/** @returns whether it is over: it was taken, or it is given up. */
async function deliver(parts: CourierParts, webhook: DueWebhook, stop: AbortSignal): Promise<boolean> {
  const { sql, clock, log } = parts;
  const { id, tries } = webhook;
  const faults = new Set(webhook.faults.split(' '));
  const times = faults.has('duplicate') ? 2 : 1;
  let isTaken = !faults.has('error');
  for (let time = 0; isTaken && time < times; time += 1) isTaken = await post(parts, webhook, stop);
  if (isTaken) return true;
  if (tries < maxTries) {
    const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(tries - 1, 20), longestPauseMs);
    await postponeWebhook(sql, id, new Date(clock.now().getTime() + pauseMs));
    return false;
  }
  log.error({ webhook: id }, 'a callback was never taken and is given up');
  return true;
}

async function post(parts: CourierParts, webhook: DueWebhook, stop: AbortSignal): Promise<boolean> {
  const bytes = Buffer.from(webhook.body);
  try {
    const status = await send(parts, bytes, stop);
    // A process that only signs learns here that its key is no longer good.
    if (status === 401) await parts.keys.refresh();
    if (status >= 300) parts.log.warn({ webhook: webhook.id, status }, 'a callback was refused');
    return status < 300;
  } catch (error) {
    if (!stop.aborted) parts.log.debug({ webhook: webhook.id, err: error }, 'a callback was not answered');
    return false;
  }
}

/** By node:http, whose kept connections cost less than `fetch`. @returns the status. */
function send({ url, keys, clock, agent }: CourierParts, bytes: Buffer, stop: AbortSignal): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'content-length': bytes.length,
    [signatureHeader]: signWebhook(keys, bytes, clock.now()),
  };
  const request = url.startsWith('https:') ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers });
    const end = (): void => void outgoing.destroy(new Error('The courier stops.'));
    stop.addEventListener('abort', end, { once: true });
    outgoing.setTimeout(answerMs, () => outgoing.destroy(new Error(`No answer within ${answerMs} ms.`)));
    outgoing.once('response', (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', reject);
    });
    outgoing.once('error', reject);
    outgoing.once('close', () => stop.removeEventListener('abort', end));
    outgoing.end(bytes);
  });
}
