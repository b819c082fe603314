import { useSyncExternalStore } from 'react';
import type { Cart } from './cart.ts';
import { emptyCart, parseCart } from './cart.ts';

const name = 'cart';
const changed = 'millrace:cart';
let shown: { text: string | null; cart: Cart } | undefined;
/** Storage may be switched off; then the cart lasts as long as the page. */
let ours: string | null = null;

/** The cart of this browser: other tabs see each change of it. */
export const useCart = (): Cart => useSyncExternalStore(subscribe, readCart);

export function changeCart(change: (cart: Cart) => Cart): void {
  const cart = readCart();
  const next = change(cart);
  if (next !== cart) keep(next);
}

/** A new cart has a new key: what it becomes is another order. */
export const clearCart = (): void => keep(emptyCart(crypto.randomUUID()));

/** The same things, to be ordered once more. */
export const renewCartKey = (): void => changeCart((cart) => ({ ...cart, key: crypto.randomUUID() }));

function readCart(): Cart {
  const text = recall();
  if (shown === undefined || shown.text !== text) shown = { text, cart: parseCart(text, crypto.randomUUID()) };
  return shown.cart;
}

function keep(cart: Cart): void {
  ours = JSON.stringify(cart);
  try {
    localStorage.setItem(name, ours);
  } catch {
    // Kept in `ours`.
  }
  shown = { text: ours, cart };
  dispatchEvent(new Event(changed));
}

function recall(): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return ours;
  }
}

function subscribe(listener: () => void): () => void {
  addEventListener('storage', listener);
  addEventListener(changed, listener);
  return () => {
    removeEventListener('storage', listener);
    removeEventListener(changed, listener);
  };
}
