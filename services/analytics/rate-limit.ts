import { isIPv6 } from 'node:net';
import { Problem } from '@millrace/runtime/problem.ts';
import type { BucketState, VolatileStore } from '@millrace/runtime/volatile.ts';

/** How much one key may do: `burst` at once, `perSecond` after that. Counted in events. */
export interface Rate {
  burst: number;
  perSecond: number;
}

/** The network that an address belongs to: /24 of IPv4, /56 of IPv6. Nobody has fewer addresses than that to change to. */
export function addressPrefix(address: string): string {
  if (!isIPv6(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  const groups = expandGroups(address);
  const fourth = (Number.parseInt(groups[3] ?? '0', 16) & 0xff00).toString(16);
  return `${groups[0]}:${groups[1]}:${groups[2]}:${fourth}::/56`;
}

function expandGroups(address: string): string[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  return [...front, ...Array.from({ length: zeros }, () => '0'), ...back].map((group) => group.replace(/^0+(?=.)/, ''));
}

/** Takes from a bucket; a store that does not answer limits nobody. @throws Problem 429 when the bucket has too little. */
export async function takeOrRefuse(
  store: VolatileStore,
  request: { key: string; rate: Rate; cost: number; onStoreFault: (error: unknown) => void },
): Promise<void> {
  const { rate } = request;
  let state: BucketState;
  try {
    const bucket = { key: request.key, capacity: rate.burst, refillPerSecond: rate.perSecond };
    state = await store.take(bucket, Math.min(request.cost, rate.burst));
  } catch (error) {
    request.onStoreFault(error);
    return;
  }
  if (state.allowed) return;
  const waitSeconds = Math.max(1, Math.ceil(state.retryAfterMs / 1000));
  const fullSeconds = Math.ceil((rate.burst - state.remaining) / rate.perSecond);
  throw new Problem(429, 'rate-limited', 'Too many events. Try again later.', {
    headers: {
      'retry-after': String(waitSeconds),
      'ratelimit-limit': String(rate.burst),
      'ratelimit-remaining': String(state.remaining),
      'ratelimit-reset': String(fullSeconds),
    },
  });
}
