import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createControlServer } from './control.ts';
import { Dispatcher, eventsService, sqsService } from './dispatch.ts';
import { expireArchived } from './events/archives.ts';
import { Buses } from './events/buses.ts';
import { deliverDue, hasDue } from './events/deliver.ts';
import { eventOperations } from './events/operations.ts';
import { replaySome } from './events/replays.ts';
import { FaultGate } from './faults.ts';
import { BucketStore } from './s3/bucket-store.ts';
import { ContentFiles } from './s3/content-files.ts';
import { isForS3, S3Service } from './s3/s3-service.ts';
import { Messages } from './sqs/messages.ts';
import { moveSome } from './sqs/moves.ts';
import { sqsOperations } from './sqs/operations.ts';
import type { Queue } from './sqs/queues.ts';
import { Queues } from './sqs/queues.ts';
import { noticeMessage } from './sqs/send.ts';
import { Waiting } from './sqs/waiting.ts';
import { Store } from './store.ts';

export interface AwsEndpoint {
  url: string;
  controlUrl: string;
  close(): Promise<void>;
}

interface Options {
  host: string;
  /** 0 takes a free port. */
  port: number;
  controlPort: number;
  dataDir: string;
  /** Hears of what the endpoint itself did wrong; callers are answered with 503. */
  report?: (error: unknown) => void;
}

type State = ReturnType<typeof openState>;

/** Starts the AWS-compatible endpoint (EventBridge, SQS and S3) on its state in `dataDir`. Throws StoreError, or what listening throws. */
export async function startAwsEndpoint({ host, port, controlPort, dataDir, report }: Options): Promise<AwsEndpoint> {
  const state = openState(dataDir);
  const hear = report ?? ((error: unknown) => process.stderr.write(`aws: ${describeFault(error)}\n`));
  const services = [sqsService(sqsOperations(state)), eventsService(eventOperations(state))];
  const dispatcher = new Dispatcher(services, state.faults, hear);
  const s3 = new S3Service(state, hear);
  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 120_000 }, (request, response) => {
    if (answerHealth(request, response)) return;
    void (isForS3(request) ? s3 : dispatcher).answer(request, response);
  });
  const control = createControlServer(state);
  try {
    await listen(server, host, port);
    await listen(control, host, controlPort);
  } catch (error) {
    server.close();
    state.store.close();
    throw error;
  }
  const stopWork = startWork(state, hear);
  return {
    url: urlOf(server, host),
    controlUrl: urlOf(control, host),
    close: async () => {
      stopWork();
      state.waiting.close();
      await Promise.all([closeServer(server), closeServer(control)]);
      state.store.close();
    },
  };
}

function openState(dataDir: string) {
  const now = Date.now;
  const store = new Store(dataDir);
  const queues = new Queues(store);
  const messages = new Messages(store, queues);
  const buckets = new BucketStore(store);
  const files = new ContentFiles(dataDir);
  files.removeOrphans((file) => buckets.isUsed(file));
  return {
    store,
    queues,
    messages,
    waiting: new Waiting(messages, now),
    faults: new FaultGate(now),
    buses: new Buses(store, now),
    buckets,
    files,
    now,
    random: Math.random,
  };
}

/** One line: the innermost cause, which says what happened. */
function describeFault(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  if (cause !== undefined) return describeFault(cause);
  return (error instanceof Error ? (error.stack ?? error.message) : String(error))
    .split('\n')
    .slice(0, 2)
    .join(' ')
    .trim();
}

function answerHealth(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.url !== '/healthz' || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"status":"ok"}');
  return true;
}

const workMs = 100;
const sweepMs = 5000;
const sweptTogether = 2000;

/** What goes on without requests: retries, redrives, replays and expiry. Returns how to stop it. */
function startWork(state: State, report: (error: unknown) => void): () => void {
  let isStopped = false;
  let sweptTo = 0;
  let nextSweep = state.now();
  let timer: NodeJS.Timeout | undefined;
  const notice = (queues: Iterable<Queue>) => {
    for (const queue of queues) noticeMessage(state.waiting, queue, queue.settings.delayMs);
  };
  const work = async () => {
    if (hasDue(state)) notice(await deliverDue(state));
    await moveSome(state);
    notice(await replaySome(state));
    if (state.now() < nextSweep) return;
    nextSweep = state.now() + sweepMs;
    sweptTo = await state.store.write(() => {
      expireArchived(state);
      return state.messages.sweep(sweptTo, sweptTogether, state.now());
    });
  };
  const again = () => {
    if (isStopped) return;
    timer = setTimeout(() => {
      work().catch(report).finally(again);
    }, workMs);
  };
  again();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

const drainMs = 2000;

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A connection becomes idle when its answer is written.
    const idle = setInterval(() => server.closeIdleConnections(), 20);
    const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(deadline);
      resolve();
    });
  });
}
