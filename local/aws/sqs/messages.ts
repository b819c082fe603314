import { randomUUID } from 'node:crypto';
import type { Store } from '../store.ts';
import { takeFromGroups } from './fifo.ts';
import type { NewMessage } from './message-input.ts';
import type { Queue, Queues } from './queues.ts';

/** A message as it lies in its queue. */
export interface StoredMessage {
  id: number;
  receives: number;
  sent_at: number;
  first_received_at: number | null;
  moved_from: number | null;
  message_group: string | null;
  message_id: string;
  body: string;
  body_md5: string;
  attributes: string | null;
  system: string | null;
}

/** Which receive of which message: what a receipt handle says. */
export interface Receipt {
  queue: number;
  id: number;
  receives: number;
  messageId: string;
}

export interface Take {
  max: number;
  visibilityMs: number;
  now: number;
  /** Orders what may be taken; a fault injection shuffles here. */
  choose?: (messages: StoredMessage[], max: number) => StoredMessage[];
  /** How many messages to choose from. */
  window?: number;
}

const columns = `m.id, m.receives, m.sent_at, m.first_received_at, m.moved_from, m.message_group,
  b.message_id, b.body, b.body_md5, b.attributes, b.system`;
const maxRounds = 1000;
const deduplicationMs = 300_000;

/** The messages of all queues. Methods that change something run inside a write of the store. */
export class Messages {
  readonly store: Store;
  readonly #queues: Queues;

  constructor(store: Store, queues: Queues) {
    this.store = store;
    this.#queues = queues;
  }

  /** Adds a message; a repeated FIFO message within five minutes is the first one again. */
  add(queue: Queue, message: NewMessage, now: number): { messageId: string; sequence: number } {
    const key = message.deduplicationKey;
    if (key !== undefined) {
      const known = this.store.get<{ message_id: string; sequence: number }>(
        'select message_id, sequence from deduplication where queue = ? and key = ? and expires_at > ?',
        queue.id,
        key,
        now,
      );
      if (known !== undefined) return { messageId: known.message_id, sequence: known.sequence };
    }
    const messageId = randomUUID();
    const { id } = this.store.run(
      'insert into message (queue, visible_at, sent_at, message_group) values (?, ?, ?, ?)',
      queue.id,
      now + message.delayMs,
      now,
      message.group,
    );
    this.store.run(
      'insert into message_body (id, message_id, body, body_md5, attributes, system) values (?, ?, ?, ?, ?, ?)',
      id,
      messageId,
      message.body,
      message.bodyMd5,
      message.attributes,
      message.system,
    );
    if (key !== undefined) {
      this.store.run(
        'insert or replace into deduplication (queue, key, message_id, sequence, expires_at) values (?, ?, ?, ?, ?)',
        queue.id,
        key,
        messageId,
        id,
        now + deduplicationMs,
      );
    }
    return { messageId, sequence: id };
  }

  hasVisible(queue: Queue, now: number): boolean {
    return (
      this.store.get('select 1 from message where queue = ? and visible_at <= ? limit 1', queue.id, now) !== undefined
    );
  }

  /** When the next hidden message of the queue becomes visible. */
  nextVisibleAt(queueId: number, now: number): number | undefined {
    const sql = 'select min(visible_at) next from message where queue = ? and visible_at > ?';
    return this.store.get<{ next: number | null }>(sql, queueId, now)?.next ?? undefined;
  }

  /** Takes visible messages and hides them. Expired ones are deleted, those received too often go to the dead letters. */
  take(queue: Queue, take: Take): StoredMessage[] {
    const taken = new Map<number, StoredMessage>();
    for (let round = 0; round < maxRounds && taken.size < take.max; round += 1) {
      const wanted = take.max - taken.size;
      const found = this.#visible(queue, take, wanted).filter((message) => !taken.has(message.id));
      const kept = found.filter((message) => this.#keep(queue, message, take.now));
      const chosen = take.choose?.(kept, wanted) ?? kept.slice(0, wanted);
      for (const message of chosen) {
        this.#hide(message, take);
        taken.set(message.id, message);
      }
      if (kept.length === found.length) break;
    }
    return [...taken.values()];
  }

  #visible(queue: Queue, take: Take, wanted: number): StoredMessage[] {
    if (queue.settings.isFifo) {
      return takeFromGroups(this.store, queue.id, { now: take.now, max: wanted, columns });
    }
    return this.store.all<StoredMessage>(
      `select ${columns} from message m join message_body b on b.id = m.id
       where m.queue = ? and m.visible_at <= ? order by m.visible_at, m.id limit ?`,
      queue.id,
      take.now,
      Math.max(wanted, take.window ?? 0),
    );
  }

  #keep(queue: Queue, message: StoredMessage, now: number): boolean {
    if (message.sent_at + queue.settings.retentionMs <= now) {
      this.#delete(message.id);
      return false;
    }
    const { redrive } = queue.settings;
    const target = redrive && message.receives >= redrive.maxReceives ? this.#queues.find(redrive.target) : undefined;
    if (target === undefined) return true;
    this.move(message.id, { to: target, from: queue, now });
    return false;
  }

  #hide(message: StoredMessage, take: Take): void {
    message.receives += 1;
    message.first_received_at ??= take.now;
    this.store.run(
      'update message set visible_at = ?, receives = ?, first_received_at = ? where id = ?',
      take.now + take.visibilityMs,
      message.receives,
      message.first_received_at,
      message.id,
    );
  }

  /** Moves a message to another queue, where it counts its receives anew and keeps its age. */
  move(id: number, move: { to: Queue; from: Queue | null; now: number }): void {
    this.store.run(
      `update message set queue = ?, visible_at = ?, receives = 0, first_received_at = null, moved_from = ? where id = ?`,
      move.to.id,
      move.now,
      move.from?.id ?? null,
      id,
    );
  }

  /** Deletes a message if this was its last receive; a stale or repeated receipt changes nothing. */
  delete(receipt: Receipt): void {
    const current = this.#current(receipt);
    if (current !== undefined && current.receives === receipt.receives) this.#delete(receipt.id);
  }

  #delete(id: number): void {
    this.store.run('delete from message where id = ?', id);
    this.store.run('delete from message_body where id = ?', id);
  }

  /** Sets when a message in flight becomes visible. It is gone when it was deleted or received again. */
  postpone(receipt: Receipt, visibleAt: number, now: number): 'done' | 'gone' | 'visible' {
    const current = this.#current(receipt);
    if (current === undefined || current.receives !== receipt.receives) return 'gone';
    if (current.visible_at <= now) return 'visible';
    this.store.run('update message set visible_at = ? where id = ?', visibleAt, receipt.id);
    return 'done';
  }

  /** Gives back a message whose receiver went away before the answer: as if it had not been received. */
  giveBack(receipt: Receipt, now: number): void {
    const current = this.#current(receipt);
    if (current === undefined || current.receives !== receipt.receives) return;
    this.store.run('update message set visible_at = ?, receives = receives - 1 where id = ?', now, receipt.id);
  }

  #current(receipt: Receipt): { visible_at: number; receives: number } | undefined {
    return this.store.get<{ visible_at: number; receives: number }>(
      'select visible_at, receives from message where id = ? and queue = ?',
      receipt.id,
      receipt.queue,
    );
  }

  deleteAll(queueId: number): void {
    this.store.run('delete from message_body where id in (select id from message where queue = ?)', queueId);
    this.store.run('delete from message where queue = ?', queueId);
    this.store.run('delete from deduplication where queue = ?', queueId);
  }

  count(queueId: number, now: number): { visible: number; inFlight: number; delayed: number } {
    const row = this.store.get<{ visible: number; in_flight: number; delayed: number }>(
      `select (select count(*) from message where queue = ?1 and visible_at <= ?2) visible,
         (select count(*) from message where queue = ?1 and visible_at > ?2 and receives > 0) in_flight,
         (select count(*) from message where queue = ?1 and visible_at > ?2 and receives = 0) delayed`,
      queueId,
      now,
    );
    return { visible: row?.visible ?? 0, inFlight: row?.in_flight ?? 0, delayed: row?.delayed ?? 0 };
  }

  /** Deletes expired messages among the next `limit` after `afterId`; returns where to go on, 0 at the end. */
  sweep(afterId: number, limit: number, now: number): number {
    this.store.run('delete from deduplication where expires_at <= ?', now);
    const rows = this.store.all<{ id: number; queue: number; sent_at: number }>(
      'select id, queue, sent_at from message where id > ? order by id limit ?',
      afterId,
      limit,
    );
    for (const row of rows) {
      const queue = this.#queues.byId(row.queue);
      if (queue === undefined || row.sent_at + queue.settings.retentionMs <= now) this.#delete(row.id);
    }
    return rows.length < limit ? 0 : (rows.at(-1)?.id ?? 0);
  }
}
