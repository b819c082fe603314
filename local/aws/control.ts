import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { z } from 'zod';
import type { Fault, FaultGate } from './faults.ts';
import type { Messages } from './sqs/messages.ts';
import type { Queues } from './sqs/queues.ts';

const action = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('fail'),
    code: z.string().min(1).max(100).default('ServiceUnavailable'),
    message: z.string().max(1000).default('A failure was injected.'),
    status: z.int().min(400).max(599).default(503),
    entry: z.enum(['first', 'last', 'any']).optional(),
  }),
  z.strictObject({ kind: z.literal('throttle'), requestsPerSecond: z.number().min(0).max(1_000_000) }),
  z.strictObject({ kind: z.literal('delay'), ms: z.int().min(0).max(600_000) }),
  z.strictObject({ kind: z.literal('duplicate'), copies: z.int().min(2).max(10) }),
  z.strictObject({ kind: z.literal('shuffle'), window: z.int().min(2).max(10_000) }),
  z.strictObject({ kind: z.literal('drop-ack') }),
]);

const faultSchema = z.strictObject({
  operation: z.string().regex(/^(\*|[A-Za-z0-9]{1,64})$/),
  queue: z.string().min(1).max(80).optional(),
  probability: z.number().min(0).max(1).default(1),
  count: z.int().min(1).optional(),
  action,
});

const resetSchema = z.strictObject({ seed: z.int().default(0), messages: z.boolean().default(false) });

interface ControlState {
  faults: FaultGate;
  queues: Queues;
  messages: Messages;
  now: () => number;
}

const maxBodyBytes = 65_536;
const maxFaults = 1000;

/** The control port: JSON over HTTP that switches faults on and off. For tests; never part of AWS's own address. */
export function createControlServer(state: ControlState): Server {
  return createServer((request, response) => {
    handle(state, request)
      .catch((error: unknown) => ({ status: 500, body: { error: String(error) } }))
      .then((answer) => reply(response, answer))
      .catch(() => response.destroy());
  });
}

interface Answer {
  status: number;
  body: unknown;
}

async function handle(state: ControlState, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '').split('?')[0];
  const route = `${request.method} ${path}`;
  const removed = /^DELETE \/faults\/([0-9]{1,9})$/.exec(route);
  if (removed !== null) {
    return state.faults.remove(Number(removed[1]))
      ? { status: 200, body: {} }
      : { status: 404, body: { error: 'no such fault' } };
  }
  switch (route) {
    case 'GET /state':
      return { status: 200, body: describe(state) };
    case 'GET /faults':
      return { status: 200, body: { faults: state.faults.list() } };
    case 'POST /faults':
      return withBody(request, faultSchema, (fault) => addFault(state, fault));
    case 'DELETE /faults':
      state.faults.reset(state.faults.seed);
      return { status: 200, body: {} };
    case 'POST /reset':
      return withBody(request, resetSchema, (wanted) => reset(state, wanted));
    default:
      return { status: 404, body: { error: 'GET /state, GET|POST|DELETE /faults, DELETE /faults/{id}, POST /reset' } };
  }
}

function addFault({ faults }: ControlState, fault: Fault): Answer {
  if (faults.list().length >= maxFaults) return { status: 409, body: { error: `there are ${maxFaults} faults` } };
  return { status: 201, body: faults.add(fault) };
}

async function reset(state: ControlState, wanted: { seed: number; messages: boolean }): Promise<Answer> {
  state.faults.reset(wanted.seed);
  if (wanted.messages) {
    await state.messages.store.write(() => {
      for (const queue of state.queues.all()) state.messages.deleteAll(queue.id);
      state.messages.store.run('delete from delivery');
    });
  }
  return { status: 200, body: describe(state) };
}

function describe({ faults, queues, messages, now }: ControlState): object {
  const counts = queues.all().map((queue) => [queue.name, messages.count(queue.id, now())]);
  const retries = messages.store.get<{ waiting: number }>('select count(*) waiting from delivery');
  return {
    seed: faults.seed,
    faults: faults.list(),
    queues: Object.fromEntries(counts),
    deliveriesToRetry: retries?.waiting ?? 0,
  };
}

async function withBody<Value>(
  request: IncomingMessage,
  schema: z.ZodType<Value>,
  use: (value: Value) => Answer | Promise<Answer>,
): Promise<Answer> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > maxBodyBytes) return { status: 413, body: { error: 'the body is too large' } };
  }
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    return { status: 400, body: { error: 'the body is not JSON' } };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return use(parsed.data);
  const errors = parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.join('/')}`, message: issue.message }));
  return { status: 422, body: { error: 'the body is not valid', errors } };
}

function reply(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
