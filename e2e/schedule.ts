import { createHash } from 'node:crypto';

/** What one shopper does, decided before anything runs. */
export interface PlannedOrder {
  shopper: number;
  items: { product: number; quantity: number }[];
  paymentToken: string;
  /** Milliseconds after it was placed; absent where nobody cancels. */
  cancelAfterMs?: number;
}

/** Everything that a run of the fault test decides by chance. */
export interface Schedule {
  orders: PlannedOrder[];
  kills: string[];
}

const tokens = ['tok_ok', 'tok_declined', 'tok_timeout_after_charge', 'tok_error_once', 'tok_error_always'];
/** Half of the orders are paid without trouble; the other tokens share the rest. */
const okShare = 0.5;
const cancelShare = 0.2;
const longestCancelMs = 6_000;
const maxLines = 4;

/** Makes a run's schedule; the same seed makes the same. */
export function makeSchedule(options: {
  seed: number;
  orders: number;
  shoppers: number;
  products: number;
  kinds: readonly string[];
  killsPerKind: number;
}): Schedule {
  const random = randomSequence(options.seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const orders = Array.from({ length: options.orders }, (): PlannedOrder => {
    const products = new Set(Array.from({ length: 1 + below(maxLines) }, () => below(options.products)));
    const isCancelled = random() < cancelShare;
    return {
      shopper: below(options.shoppers),
      items: [...products].map((product) => ({ product, quantity: 1 + below(3) })),
      paymentToken: random() < okShare ? 'tok_ok' : (tokens[below(tokens.length)] ?? 'tok_ok'),
      ...(isCancelled && { cancelAfterMs: below(longestCancelMs) }),
    };
  });
  const kills = options.kinds.flatMap((kind) => Array.from({ length: options.killsPerKind }, () => kind));
  for (let place = kills.length - 1; place > 0; place -= 1) {
    const other = below(place + 1);
    [kills[place], kills[other]] = [kills[other] ?? '', kills[place] ?? ''];
  }
  return { orders, kills };
}

/** A short name of a schedule, to compare two runs by. */
export const fingerprint = (schedule: Schedule): string =>
  createHash('sha256').update(JSON.stringify(schedule)).digest('hex').slice(0, 12);

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
