import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:http';
import { Agent as SecureAgent, get as secureGet } from 'node:https';
import { money } from '@millrace/catalog/events/money.ts';
import { inParallel } from '@millrace/runtime/in-parallel.ts';
import { unavailable } from '@millrace/runtime/problem.ts';
import { nextTraceparent } from '@millrace/runtime/telemetry.ts';
import { z } from 'zod';
import type { ProductFact } from './product-copy-store.ts';

/** Asks product's API; a product that it does not know is missing in the answer. */
export interface ProductClient {
  /** @throws Problem 503 when it does not answer in time. */
  ask(ids: readonly string[]): Promise<ProductFact[]>;
  close(): void;
}

/** One answer, and all answers of one order. */
const answerMs = 1_000;
const allAnswersMs = 4_000;
/** Of one process, for all orders that it places. */
const maxAtOnce = 20;
const maxAnswerBytes = 256 * 1_024;

const answer = z.object({
  id: z.uuid().transform((id) => id.toLowerCase()),
  version: z.int().min(0),
  name: z.string().min(1).max(200),
  price: money,
  isActive: z.boolean(),
  available: z.int().min(0),
});

/** Opens connections that are kept, at most twenty of them; whoever comes later waits within the deadline. */
export function openProductClient(url: string): ProductClient {
  const isSecure = url.startsWith('https:');
  const options = { keepAlive: true, maxSockets: maxAtOnce, maxFreeSockets: maxAtOnce };
  const agent = isSecure ? new SecureAgent(options) : new Agent(options);
  const request = isSecure ? secureGet : get;
  const askOne = (id: string, all: AbortSignal): Promise<ProductFact | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', traceparent: nextTraceparent() };
      const signal = AbortSignal.any([all, AbortSignal.timeout(answerMs)]);
      const sent = request(`${url}/api/products/${id}`, { agent, headers, signal }, (incoming) => {
        readAnswer(incoming).then(resolve, reject);
      });
      sent.on('error', reject);
    });
  return {
    ask: async (ids) => {
      const all = AbortSignal.timeout(allAnswersMs);
      try {
        const facts = await inParallel(ids, maxAtOnce, (id) => askOne(id, all));
        return facts.filter((fact) => fact !== undefined);
      } catch (cause) {
        throw unavailable('The products of this order cannot be checked at present. Try again.', cause);
      }
    },
    close: () => agent.destroy(),
  };
}

async function readAnswer(incoming: IncomingMessage): Promise<ProductFact | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > maxAnswerBytes) throw new Error('product answers with more than a product.');
  }
  if (incoming.statusCode === 404) return undefined;
  if (incoming.statusCode !== 200) throw new Error(`product answers with ${incoming.statusCode}.`);
  const { id, ...rest } = answer.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  return { ...rest, productId: id };
}
