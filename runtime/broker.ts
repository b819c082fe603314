/** An event that leaves: `detail` is its whole JSON text, as the bus carries it. */
export interface OutgoingEvent {
  id: string;
  type: string;
  source: string;
  detail: string;
  occurredAt: Date;
  traceparent: string;
}

/**
 * What became of one event.
 * `failed`: the broker had a fault with this entry; it is tried again alone. `later`: the broker is throttled, slow or away,
 * which says nothing about the entry. `refused`: no second attempt can succeed.
 */
export type PublishOutcome =
  | { outcome: 'published' }
  | { outcome: 'failed' | 'later' | 'refused'; code: string; message: string };

/** A message that a queue lent us for its visibility time. */
export interface Message {
  id: string;
  body: string;
  /** How often it was received, with this time. */
  receiveCount: number;
  /** How often it was given back by the dead-letter queue; missing is never. */
  redrives?: number;
  /** What the queue wants back to remove or postpone exactly this receipt. */
  handle: string;
}

/** One subscription's queue. Every method takes any number of messages and settles within its own deadline. */
export interface Queue {
  /** Waits up to `waitSeconds` for the first message; an abort ends the wait at once. Returns at most `max`. */
  receive(options: { max: number; waitSeconds: number; signal: AbortSignal }): Promise<Message[]>;
  remove(messages: readonly Message[]): Promise<void>;
  /** Shows the messages again after that many whole seconds; 0 is at once. */
  postpone(messages: readonly Message[], seconds: number): Promise<void>;
  /** Puts the message into the dead-letter queue with the attribute `reason` (at most 256 characters) and removes it here. */
  deadLetter(message: Message, reason: string): Promise<void>;
}

/** The bus and its queues. */
export interface Broker {
  /** Publishing takes all events of a call or none, so the order within a call is kept. */
  readonly isAtomic: boolean;
  /** Takes any number of events and says for each, in the same order, what became of it. Rejects only when nothing is known. */
  publish(events: readonly OutgoingEvent[], signal: AbortSignal): Promise<PublishOutcome[]>;
  queue(name: string): Queue;
  close(): Promise<void>;
}
