import { queueArn } from '../identity.ts';
import type { Store } from '../store.ts';
import type { Attributes, QueueSettings } from './attributes.ts';
import { redriveAllowOf, settingsOf } from './attributes.ts';
import { invalidParameter, invalidValue, missingParameter, queueDoesNotExist } from './errors.ts';

export interface Queue {
  id: number;
  name: string;
  /** What was set; usual values are not here. */
  attributes: Attributes;
  settings: QueueSettings;
  tags: Record<string, string>;
  createdAt: number;
  modifiedAt: number;
  purgedAt: number;
}

interface QueueRow {
  id: number;
  name: string;
  attributes: string;
  tags: string;
  created_at: number;
  modified_at: number;
  purged_at: number;
}

/** Every queue, in memory as on disk. */
export class Queues {
  readonly #store: Store;
  readonly #byName = new Map<string, Queue>();
  readonly #byId = new Map<number, Queue>();

  constructor(store: Store) {
    this.#store = store;
    store.onRollback(() => this.#load());
    this.#load();
  }

  #load(): void {
    this.#byName.clear();
    this.#byId.clear();
    for (const row of this.#store.all<QueueRow>('select * from queue')) this.#remember(queueOfRow(row));
  }

  all(): Queue[] {
    return [...this.#byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  find(name: string): Queue | undefined {
    return this.#byName.get(name);
  }

  byId(id: number): Queue | undefined {
    return this.#byId.get(id);
  }

  /** The queue of a request's QueueUrl; only the name at its end counts, so that any host name works. */
  ofUrl(url: string | undefined): Queue {
    if (url === undefined || url === '') throw missingParameter('QueueUrl');
    const queue = this.#byName.get(url.slice(url.lastIndexOf('/') + 1));
    if (queue === undefined) throw queueDoesNotExist();
    return queue;
  }

  /** Inside a write. */
  create(name: string, attributes: Attributes, tags: Record<string, string>, now: number): Queue {
    this.checkRedrive(name, attributes);
    const { id } = this.#store.run(
      'insert into queue (name, attributes, tags, created_at, modified_at) values (?, ?, ?, ?, ?)',
      name,
      JSON.stringify(attributes),
      JSON.stringify(tags),
      now,
      now,
    );
    const settings = settingsOf(attributes, name.endsWith('.fifo'));
    const queue: Queue = { id, name, attributes, settings, tags, createdAt: now, modifiedAt: now, purgedAt: 0 };
    this.#remember(queue);
    return queue;
  }

  /** Inside a write: changes attributes or tags. An attribute with the value '' is taken away. */
  change(queue: Queue, change: { attributes?: Attributes; tags?: Record<string, string>; now: number }): void {
    const attributes = { ...queue.attributes, ...change.attributes };
    for (const [name, value] of Object.entries(attributes)) if (value === '') delete attributes[name];
    this.checkRedrive(queue.name, change.attributes ?? {});
    const tags = change.tags ?? queue.tags;
    this.#store.run(
      'update queue set attributes = ?, tags = ?, modified_at = ? where id = ?',
      JSON.stringify(attributes),
      JSON.stringify(tags),
      change.now,
      queue.id,
    );
    const settings = settingsOf(attributes, queue.settings.isFifo);
    Object.assign(queue, { attributes, settings, tags, modifiedAt: change.now });
  }

  /** Inside a write. */
  markPurged(queue: Queue, now: number): void {
    this.#store.run('update queue set purged_at = ? where id = ?', now, queue.id);
    queue.purgedAt = now;
  }

  /** Inside a write; its messages are the caller's to delete. */
  delete(queue: Queue): void {
    this.#store.run('delete from queue where id = ?', queue.id);
    // Another request may have deleted it and made a new one of the same name in the meantime.
    if (this.#byName.get(queue.name)?.id === queue.id) this.#byName.delete(queue.name);
    this.#byId.delete(queue.id);
  }

  /** The queues whose dead letters come here. */
  sourcesOf(queue: Queue): Queue[] {
    return this.all().filter((source) => source.settings.redrive?.target === queue.name);
  }

  /** The dead-letter queue of a redrive policy must exist, be of the same kind and admit this queue. */
  checkRedrive(name: string, attributes: Attributes): void {
    const document = attributes.RedrivePolicy;
    if (!document) return;
    const redrive = settingsOf({ RedrivePolicy: document }, name.endsWith('.fifo')).redrive;
    const target = this.#byName.get(redrive?.target ?? '');
    if (target === undefined) throw invalidValue('RedrivePolicy', document, 'Dead letter target does not exist.');
    if (target.settings.isFifo !== name.endsWith('.fifo')) {
      throw invalidValue('RedrivePolicy', document, 'Dead-letter queue must be same type of queue as the source.');
    }
    const allowed = target.attributes.RedriveAllowPolicy ? redriveAllowOf(target.attributes.RedriveAllowPolicy) : 'all';
    if (allowed === 'none' || (allowed !== 'all' && !allowed.includes(queueArn(name)))) {
      throw invalidValue('RedrivePolicy', document, 'The dead letter queue does not allow this queue as its source.');
    }
  }

  #remember(queue: Queue): void {
    this.#byName.set(queue.name, queue);
    this.#byId.set(queue.id, queue);
  }
}

function queueOfRow(row: QueueRow): Queue {
  const attributes = JSON.parse(row.attributes) as Attributes;
  return {
    id: row.id,
    name: row.name,
    attributes,
    settings: settingsOf(attributes, row.name.endsWith('.fifo')),
    tags: JSON.parse(row.tags) as Record<string, string>,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    purgedAt: row.purged_at,
  };
}

/** Refuses a name that AWS refuses. */
export function checkQueueName(name: string, isFifo: boolean): void {
  const stem = name.endsWith('.fifo') ? name.slice(0, -'.fifo'.length) : name;
  if (name.length > 80 || !/^[A-Za-z0-9_-]+$/.test(stem)) {
    throw invalidParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
  }
  if (isFifo !== name.endsWith('.fifo')) {
    throw isFifo
      ? invalidParameter(
          'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
        )
      : invalidParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
  }
}
