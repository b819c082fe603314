import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Databases } from './invariants.ts';

interface ControlState {
  queues: Record<string, Record<string, number>>;
  deliveriesToRetry: number;
}

const pauseMs = 200;
const answerMs = 60_000;
const redriveProgram = join(import.meta.dirname, '../runtime/redrive-main.ts');

/** Switches the endpoint's faults to exactly these; its random sequence begins with the seed. */
export async function setFaults(control: string, wanted: { seed: number; faults: readonly object[] }): Promise<void> {
  await post(`${control}/reset`, { seed: wanted.seed });
  for (const fault of wanted.faults) await post(`${control}/faults`, fault);
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

/** The endpoint may have been killed a moment ago, and be on its way back. */
async function ask(url: string, options: RequestInit = {}): Promise<Response> {
  const endMs = performance.now() + answerMs;
  for (;;) {
    try {
      return await fetch(url, options);
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await delay(pauseMs);
    }
  }
}

/**
 * Waits until nothing moves: no message waits in a queue, no event in an outbox, twice in a row.
 * @returns how many dead letters there are, by queue.
 */
export async function quiet(
  control: string,
  databases: Databases,
  deadlineMs: number,
): Promise<{ deadLetters: Record<string, number> }> {
  const endMs = performance.now() + deadlineMs;
  for (let rests = 0; rests < 2; ) {
    const { queues, deliveriesToRetry } = (await (await ask(`${control}/state`)).json()) as ControlState;
    const counts = Object.entries(queues).map(([name, state]) => [name, total(state)] as const);
    const moving = counts.filter(([name, count]) => !name.endsWith('-dlq') && count > 0);
    const unsent = await Promise.all(
      Object.values(databases).map(async (sql) => (await sql`select 1 from outbox`).length),
    );
    const isAtRest = moving.length === 0 && deliveriesToRetry === 0 && unsent.every((count) => count === 0);
    rests = isAtRest ? rests + 1 : 0;
    if (rests >= 2) {
      const dead = counts.filter(([name, count]) => name.endsWith('-dlq') && count > 0);
      return { deadLetters: Object.fromEntries(dead) };
    }
    if (performance.now() > endMs)
      throw new Error(`still moving: ${JSON.stringify({ moving, deliveriesToRetry, unsent })}`);
    await delay(pauseMs);
  }
  throw new Error('unreachable');
}

/**
 * What an operator does after an incident, `make redrive`: gives queues their dead letters back.
 * @throws with what the command says when one of them dies again.
 */
export async function redriveAll(aws: string, deadLetters: Record<string, number>): Promise<void> {
  const account = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'thing' };
  const env = { ...process.env, ...account, AWS_ENDPOINT_URL: aws };
  for (const name of Object.keys(deadLetters)) {
    await promisify(execFile)(process.execPath, [redriveProgram, name.replace(/-dlq$/, '')], {
      env,
      timeout: answerMs,
    });
  }
}

const total = (state: Record<string, number>): number => Object.values(state).reduce((sum, count) => sum + count, 0);
