import { AwsError } from './aws-error.ts';

/** What one injected fault does, to which operation and queue, how often. `Deliver` is the bus putting an event into a queue. */
export interface Fault {
  /** An operation's name, `Deliver`, or `*`. */
  operation: string;
  queue?: string | undefined;
  probability: number;
  /** How many times it happens; without it there is no end. */
  count?: number | undefined;
  action:
    | { kind: 'fail'; code: string; message: string; status: number; entry?: 'first' | 'last' | 'any' | undefined }
    | { kind: 'throttle'; requestsPerSecond: number }
    | { kind: 'delay'; ms: number }
    | { kind: 'duplicate'; copies: number }
    | { kind: 'shuffle'; window: number }
    | { kind: 'drop-ack' };
}

export interface ActiveFault extends Fault {
  id: number;
  hits: number;
}

type Kind = Fault['action']['kind'];

/** The faults that are switched on, and the one random sequence that decides when they happen. */
export class FaultGate {
  #faults: ActiveFault[] = [];
  #nextId = 1;
  #seed = 0;
  #random = randomSequence(0);
  readonly #allowance = new Map<number, { tokens: number; at: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get seed(): number {
    return this.#seed;
  }

  list(): ActiveFault[] {
    return this.#faults;
  }

  add(fault: Fault): ActiveFault {
    const active = { ...fault, id: this.#nextId, hits: 0 };
    this.#nextId += 1;
    this.#faults.push(active);
    return active;
  }

  remove(id: number): boolean {
    const before = this.#faults.length;
    this.#faults = this.#faults.filter((fault) => fault.id !== id);
    return this.#faults.length < before;
  }

  /** Ends every fault and starts the random sequence anew. */
  reset(seed: number): void {
    this.#faults = [];
    this.#seed = seed;
    this.#random = randomSequence(seed);
    this.#allowance.clear();
  }

  /** How long an operation must wait before it runs. */
  delayMs(operation: string, queue: string | undefined): number {
    const hits = this.#hits('delay', operation, queue);
    return hits.reduce((sum, { action }) => sum + (action.kind === 'delay' ? action.ms : 0), 0);
  }

  /** The error with which a whole operation ends instead of running. */
  refusal(operation: string, queue: string | undefined): AwsError | undefined {
    for (const fault of this.#matching('throttle', operation, queue)) {
      if (this.#isOverRate(fault)) {
        fault.hits += 1;
        return new AwsError('ThrottlingException', 'Rate exceeded', { queryCode: 'RequestThrottled' });
      }
    }
    const [failure] = this.#hits('fail', operation, queue, (fault) => !('entry' in fault.action && fault.action.entry));
    return failure && errorOf(failure);
  }

  /** The error of one entry of a batch. */
  entryRefusal(
    operation: string,
    queue: string | undefined,
    place: { index: number; of: number },
  ): AwsError | undefined {
    if (this.#faults.length === 0) return undefined;
    const [failure] = this.#hits('fail', operation, queue, ({ action }) => {
      if (action.kind !== 'fail' || action.entry === undefined) return false;
      if (action.entry === 'any') return true;
      return place.index === (action.entry === 'first' ? 0 : place.of - 1);
    });
    return failure && errorOf(failure);
  }

  /** How many times a message is put into its queue. */
  copies(operation: string, queue: string): number {
    const [hit] = this.#hits('duplicate', operation, queue);
    return hit?.action.kind === 'duplicate' ? hit.action.copies : 1;
  }

  /** Out of how many messages a receive picks at random. */
  shuffle(
    operation: string,
    queue: string,
  ): { window: number; choose: <T>(items: T[], max: number) => T[] } | undefined {
    const [hit] = this.#hits('shuffle', operation, queue);
    if (hit?.action.kind !== 'shuffle') return undefined;
    return { window: hit.action.window, choose: (items, max) => this.#pick(items, max) };
  }

  /** Whether the operation is done but its answer never sent. */
  dropsAnswer(operation: string, queue: string | undefined): boolean {
    return this.#hits('drop-ack', operation, queue).length > 0;
  }

  #matching(kind: Kind, operation: string, queue: string | undefined): ActiveFault[] {
    if (this.#faults.length === 0) return [];
    return this.#faults.filter(
      (fault) =>
        fault.action.kind === kind &&
        (fault.operation === '*' || fault.operation === operation) &&
        (fault.queue === undefined || fault.queue === queue) &&
        (fault.count === undefined || fault.hits < fault.count),
    );
  }

  #hits(
    kind: Kind,
    operation: string,
    queue: string | undefined,
    applies: (fault: ActiveFault) => boolean = () => true,
  ): ActiveFault[] {
    const hits = this.#matching(kind, operation, queue).filter(
      (fault) => applies(fault) && this.#random() < fault.probability,
    );
    for (const hit of hits) hit.hits += 1;
    return hits;
  }

  #isOverRate(fault: ActiveFault): boolean {
    const rate = fault.action.kind === 'throttle' ? fault.action.requestsPerSecond : 0;
    const before = this.#allowance.get(fault.id) ?? { tokens: rate, at: this.#now() };
    const tokens = Math.min(rate, before.tokens + ((this.#now() - before.at) / 1000) * rate);
    const isOver = tokens < 1;
    this.#allowance.set(fault.id, { tokens: isOver ? tokens : tokens - 1, at: this.#now() });
    return isOver;
  }

  #pick<T>(items: T[], max: number): T[] {
    const rest = [...items];
    const picked: T[] = [];
    while (picked.length < max && rest.length > 0)
      picked.push(...rest.splice(Math.floor(this.#random() * rest.length), 1));
    return picked;
  }
}

function errorOf({ action }: Fault): AwsError | undefined {
  if (action.kind !== 'fail') return undefined;
  return new AwsError(action.code, action.message, { status: action.status });
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomSequence(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
