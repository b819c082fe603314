import { accountId, queueArn } from '../identity.ts';
import type { Input } from '../input.ts';
import type { Call, Operation } from '../service.ts';
import type { Attributes } from './attributes.ts';
import { checkAttributes, isKnownAttribute, withUsual } from './attributes.ts';
import {
  invalidAttributeName,
  invalidParameter,
  missingParameter,
  purgeInProgress,
  queueDoesNotExist,
  queueNameExists,
} from './errors.ts';
import type { Queue } from './queues.ts';
import { checkQueueName } from './queues.ts';
import type { SqsState } from './send.ts';

export const queueUrl = (queue: Queue, call: Call): string => `${call.origin}/${accountId}/${queue.name}`;

export function createQueue({ queues, messages, now }: SqsState): Operation {
  return async (input, call) => {
    const name = input.text('QueueName');
    if (name === undefined) throw missingParameter('QueueName');
    const given = input.textMap('Attributes') ?? {};
    checkQueueName(name, given.FifoQueue === 'true');
    const isFifo = name.endsWith('.fifo');
    const attributes = checkAttributes(given, isFifo);
    const tags = checkTags(input.textMap('tags') ?? {});
    const queue = await messages.store.write(() => {
      const known = queues.find(name);
      if (known === undefined) return queues.create(name, withoutEmpty(attributes), tags, now());
      const current = withUsual(known.attributes, isFifo);
      const other = Object.keys(attributes).find((key) => (attributes[key] ?? '') !== (current[key] ?? ''));
      if (other !== undefined) throw queueNameExists(other);
      return known;
    });
    return { QueueUrl: queueUrl(queue, call) };
  };
}

const withoutEmpty = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => value !== '' && !(name === 'FifoQueue' && value === 'false')),
  );

function checkTags(tags: Record<string, string>): Record<string, string> {
  const isGood = Object.entries(tags).every(
    ([key, value]) => key.length >= 1 && key.length <= 128 && value.length <= 256,
  );
  if (!isGood || Object.keys(tags).length > 50)
    throw invalidParameter('Tags: at most 50, keys of 1 to 128 and values of at most 256 characters.');
  return tags;
}

export function getQueueUrl({ queues }: SqsState): Operation {
  return (input, call) => {
    const name = input.text('QueueName');
    if (name === undefined) throw missingParameter('QueueName');
    const queue = queues.find(name);
    if (queue === undefined) throw queueDoesNotExist();
    return { QueueUrl: queueUrl(queue, call) };
  };
}

export function listQueues({ queues }: SqsState): Operation {
  return (input, call) => {
    const prefix = input.text('QueueNamePrefix') ?? '';
    const found = queues.all().filter((queue) => queue.name.startsWith(prefix));
    const page = pageOf(found, input);
    if (page.items.length === 0) return {};
    return { QueueUrls: page.items.map((queue) => queueUrl(queue, call)), ...page.next };
  };
}

/** One page of at most MaxResults (1 to 1000); NextToken is the name of the last queue of the page before. */
function pageOf(queues: Queue[], input: Input): { items: Queue[]; next: { NextToken?: string } } {
  const limit = input.integer('MaxResults');
  if (limit !== undefined && (limit < 1 || limit > 1000)) {
    throw invalidParameter(
      `Value ${limit} for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.`,
    );
  }
  const token = input.text('NextToken');
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString();
  if (token !== undefined && !/^[A-Za-z0-9_.-]{1,80}$/.test(after))
    throw invalidParameter('Invalid or expired pagination token.');
  const rest = queues.filter((queue) => queue.name > after);
  const items = rest.slice(0, limit ?? 1000);
  const last = items.at(-1);
  // Without MaxResults there is no token, however many queues there are.
  const hasMore = limit !== undefined && rest.length > items.length && last !== undefined;
  return { items, next: hasMore ? { NextToken: Buffer.from(last.name).toString('base64url') } : {} };
}

export function deleteQueue({ queues, messages, waiting }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    await messages.store.write(() => {
      messages.deleteAll(queue.id);
      queues.delete(queue);
    });
    waiting.signal(queue.id);
    return {};
  };
}

export function purgeQueue({ queues, messages, now }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    if (now() - queue.purgedAt < 60_000) throw purgeInProgress(queue.name);
    await messages.store.write(() => {
      messages.deleteAll(queue.id);
      queues.markPurged(queue, now());
    });
    return {};
  };
}

export function getQueueAttributes({ queues, messages, now }: SqsState): Operation {
  return (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    const names = input.texts('AttributeNames') ?? [];
    const unknown = names.find((name) => !isKnownAttribute(name));
    if (unknown !== undefined) throw invalidAttributeName(unknown);
    if (names.length === 0) return {};
    const wantsCounts = names.some((name) => name === 'All' || name.startsWith('Approximate'));
    const counts = wantsCounts ? messages.count(queue.id, now()) : { visible: 0, inFlight: 0, delayed: 0 };
    const all: Attributes = {
      ...withUsual(queue.attributes, queue.settings.isFifo),
      QueueArn: queueArn(queue.name),
      CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
      LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
      ApproximateNumberOfMessages: String(counts.visible),
      ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
      ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    };
    if (names.includes('All')) return { Attributes: all };
    const wanted = names.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]);
    return wanted.length === 0 ? {} : { Attributes: Object.fromEntries(wanted) };
  };
}

export function setQueueAttributes({ queues, messages, waiting, now }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    const given = input.textMap('Attributes');
    if (given === undefined) throw missingParameter('Attributes');
    const attributes = checkAttributes(given, queue.settings.isFifo);
    if (attributes.FifoQueue === 'false' && queue.settings.isFifo) throw invalidAttributeName('FifoQueue');
    await messages.store.write(() => queues.change(queue, { attributes, now: now() }));
    waiting.signal(queue.id);
    return {};
  };
}

export function listDeadLetterSourceQueues({ queues }: SqsState): Operation {
  return (input, call) => {
    const page = pageOf(queues.sourcesOf(queues.ofUrl(input.text('QueueUrl'))), input);
    return { queueUrls: page.items.map((queue) => queueUrl(queue, call)), ...page.next };
  };
}

export function tagQueue({ queues, messages, now }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    const given = input.textMap('Tags');
    if (given === undefined) throw missingParameter('Tags');
    const tags = checkTags({ ...queue.tags, ...given });
    await messages.store.write(() => queues.change(queue, { tags, now: now() }));
    return {};
  };
}

export function untagQueue({ queues, messages, now }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    const keys = input.texts('TagKeys');
    if (keys === undefined) throw missingParameter('TagKeys');
    const tags = Object.fromEntries(Object.entries(queue.tags).filter(([key]) => !keys.includes(key)));
    await messages.store.write(() => queues.change(queue, { tags, now: now() }));
    return {};
  };
}

export function listQueueTags({ queues }: SqsState): Operation {
  return (input) => {
    const { tags } = queues.ofUrl(input.text('QueueUrl'));
    return Object.keys(tags).length === 0 ? {} : { Tags: tags };
  };
}
