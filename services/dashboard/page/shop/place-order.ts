import { ApiError, call, shopAddress } from '../api/client.ts';
import type { Address, Order } from '../api/shop-types.ts';
import type { Faults } from '../text/faults.ts';
import { lineOf, sortFaults } from '../text/faults.ts';
import type { Cart } from './cart.ts';

/** The cards of the payment provider's test, by what happens to them. */
export const cards = [
  { token: 'tok_ok', words: 'Card that works' },
  { token: 'tok_declined', words: 'Card that is declined' },
  { token: 'tok_timeout_after_charge', words: 'Card that is charged while the answer gets lost' },
  { token: 'tok_error_once', words: 'Card that works at the second attempt' },
  { token: 'tok_error_always', words: 'Card whose bank never answers' },
] as const;

/** Where each field of the form is sent. */
export const addressPlaces = {
  name: '/address/name',
  street: '/address/street',
  city: '/address/city',
  postalCode: '/address/postalCode',
  region: '/address/region',
  country: '/address/country',
  card: '/paymentToken',
} as const;
export type CheckoutField = keyof typeof addressPlaces;

const needed = {
  street: 'Write a street.',
  postalCode: 'Write a postal code.',
  city: 'Write a city.',
} as const;

/** What an address lacks, beside its fields: said before anything is sent. */
export function missingIn(address: Address): Partial<Record<CheckoutField, string>> {
  const names = Object.keys(needed) as (keyof typeof needed)[];
  return Object.fromEntries(names.filter((name) => address[name].trim() === '').map((name) => [name, needed[name]]));
}

/** The order is sent under the cart's own key: sent twice, or again after a lost answer, it is still one order. */
export function placeOrder(order: { cart: Cart; address: Address; paymentToken: string }): Promise<Order> {
  const { cart, address, paymentToken } = order;
  return call<Order>(shopAddress('/orders'), {
    body: {
      items: cart.lines.map(({ productId, quantity }) => ({ productId, quantity })),
      address: Object.fromEntries(Object.entries(address).filter(([, value]) => value)),
      paymentToken,
    },
    headers: { 'idempotency-key': cart.key },
  });
}

/** Without an answer nobody knows whether there is an order: the same one is sent again, which is safe. */
export const mayRepeat = (error: unknown): boolean =>
  error instanceof ApiError &&
  (error.status === 0 || error.status === 429 || error.status >= 500 || error.slug === 'idempotency-in-progress');

export interface Refusal extends Faults<CheckoutField> {
  /** By the number of the line. */
  lines: Record<number, string>;
  /** An order was placed from this cart before it was changed. */
  isOtherOrder: boolean;
}

/** What is wrong with a line, without the number of its product. */
const lineWords: Record<string, string> = {
  'out-of-stock': 'Not enough in stock',
  'unknown-product': 'Not sold any more',
  'retired-product': 'Not sold any more',
  'mixed-currency': 'Sold in another currency: order it by itself',
};

/** What the server said against an order, sorted by where it is shown. */
export function readRefusal(error: unknown, say: (error: unknown) => string): Refusal {
  const { pointers = {}, codes = {} } = error instanceof ApiError ? error : {};
  const lines: Record<number, string> = {};
  const others: Record<string, string> = {};
  for (const [pointer, message] of Object.entries(pointers)) {
    const line = lineOf(pointer);
    if (line === undefined) others[pointer] = message;
    else lines[line] ??= lineWords[codes[pointer] ?? ''] ?? message;
  }
  const { fields, rest } = sortFaults(others, addressPlaces);
  const isSaid = Object.keys(pointers).length > 0 && rest.length === 0;
  return {
    fields,
    lines,
    rest: isSaid || rest.length > 0 ? rest : [say(error)],
    isOtherOrder: error instanceof ApiError && error.slug === 'idempotency-mismatch',
  };
}
