import type { AwsBus } from './aws-bus.ts';
import type { AwsQueues } from './aws-queue.ts';
import type { Broker, Queue } from './broker.ts';

interface AwsOptions {
  region: string;
  /** On a laptop; the SDK also reads AWS_ENDPOINT_URL by itself. */
  endpoint?: string | undefined;
  busName: string;
}

interface Clients {
  bus: AwsBus;
  queues: AwsQueues;
}

/** EventBridge and SQS. Each call has a deadline; the SDK does not repeat calls, the relay and the consumer do. */
export function awsBroker(options: AwsOptions): Broker {
  let opened: Promise<Clients> | undefined;
  const clients = (): Promise<Clients> => {
    opened ??= openClients(options);
    return opened;
  };
  return {
    isAtomic: false,
    publish: async (events, signal) => (await clients()).bus.publish(events, signal),
    queue: (name) => lazyQueue(clients, name),
    close: async () => {
      if (!opened) return;
      const { bus, queues } = await opened;
      bus.close();
      queues.close();
    },
  };
}

/** The SDK is loaded at the first use: it is most of a process's start. */
async function openClients({ region, endpoint, busName }: AwsOptions): Promise<Clients> {
  const [{ openAwsBus }, { openAwsQueues }] = await Promise.all([import('./aws-bus.ts'), import('./aws-queue.ts')]);
  const common = { region, maxAttempts: 1, ...(endpoint && { endpoint }) };
  return { bus: openAwsBus(common, busName), queues: openAwsQueues(common) };
}

function lazyQueue(clients: () => Promise<Clients>, name: string): Queue {
  let made: Promise<Queue> | undefined;
  const queue = (): Promise<Queue> => {
    made ??= clients().then(({ queues }) => queues.open(name));
    return made;
  };
  return {
    receive: async (options) => (await queue()).receive(options),
    remove: async (messages) => (await queue()).remove(messages),
    postpone: async (messages, seconds) => (await queue()).postpone(messages, seconds),
    deadLetter: async (message, reason) => (await queue()).deadLetter(message, reason),
  };
}
