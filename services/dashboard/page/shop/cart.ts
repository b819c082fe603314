import type { Product } from '../api/shop-types.ts';
import type { Money } from '../text/money.ts';
import { sumMoney } from '../text/money.ts';

export const maxQuantity = 1_000;
export const maxLines = 50;

/** What somebody means to buy, with name and price as they were seen. */
export interface CartLine {
  productId: string;
  name: string;
  unitPrice: Money;
  quantity: number;
}

/** `key` is the Idempotency-Key of the order that this cart becomes: however often it is sent, there is one order. */
export interface Cart {
  key: string;
  lines: CartLine[];
}

export const emptyCart = (key: string): Cart => ({ key, lines: [] });

/** Adds to what is there already of this product, within the limits of an order. */
export function addToCart(cart: Cart, product: Pick<Product, 'id' | 'name' | 'price'>, quantity = 1): Cart {
  const known = cart.lines.find((line) => line.productId === product.id);
  if (known) return setQuantity(cart, product.id, known.quantity + quantity);
  if (cart.lines.length >= maxLines) return cart;
  const line = { productId: product.id, name: product.name, unitPrice: product.price, quantity: bounded(quantity) };
  return { ...cart, lines: [...cart.lines, line] };
}

/** None of it takes the line away. */
export function setQuantity(cart: Cart, productId: string, quantity: number): Cart {
  if (quantity < 1) return { ...cart, lines: cart.lines.filter((line) => line.productId !== productId) };
  const lines = cart.lines.map((line) =>
    line.productId === productId ? { ...line, quantity: bounded(quantity) } : line,
  );
  return { ...cart, lines };
}

/** Prices and names as they are now. The same cart when nothing changed. */
export function renewCart(cart: Cart, products: readonly Pick<Product, 'id' | 'name' | 'price'>[]): Cart {
  let isSame = true;
  const lines = cart.lines.map((line) => {
    const now = products.find((product) => product.id === line.productId);
    if (!now || (now.name === line.name && isSamePrice(now.price, line.unitPrice))) return line;
    isSame = false;
    return { ...line, name: now.name, unitPrice: now.price };
  });
  return isSame ? cart : { ...cart, lines };
}

export const cartTotal = (cart: Cart): Money[] => sumMoney(cart.lines.map(linePrice));

export const linePrice = (line: Pick<CartLine, 'unitPrice' | 'quantity'>): Money => ({
  ...line.unitPrice,
  amountMinor: line.unitPrice.amountMinor * line.quantity,
});

export const countOf = (cart: Cart): number => cart.lines.reduce((sum, line) => sum + line.quantity, 0);

/** Why a line cannot be had as it is, in words; nothing when it can. */
export function shortageOf(
  line: Pick<CartLine, 'quantity'>,
  product: Pick<Product, 'available' | 'isActive'> | null | undefined,
): string | undefined {
  if (product === undefined) return undefined;
  if (product === null || !product.isActive) return 'Not sold any more';
  if (product.available === 0) return 'Out of stock';
  return product.available < line.quantity ? `Only ${product.available} in stock` : undefined;
}

/** Reads what the browser kept; whatever is not a cart gives an empty one. */
export function parseCart(text: string | null, newKey: string): Cart {
  const given = parse(text);
  if (!isRecord(given) || typeof given['key'] !== 'string' || !Array.isArray(given['lines'])) return emptyCart(newKey);
  const lines = given['lines'].filter(isLine).slice(0, maxLines);
  return { key: given['key'], lines: lines.map((line) => ({ ...line, quantity: bounded(line.quantity) })) };
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function isLine(value: unknown): value is CartLine {
  if (!isRecord(value) || !isRecord(value['unitPrice'])) return false;
  const { productId, name, quantity, unitPrice } = value;
  const { amountMinor, currency } = unitPrice as Record<string, unknown>;
  const areTexts = typeof productId === 'string' && typeof name === 'string' && typeof currency === 'string';
  return areTexts && /^[A-Z]{3}$/.test(currency) && Number.isInteger(quantity) && Number.isInteger(amountMinor);
}

const bounded = (quantity: number): number => Math.min(maxQuantity, Math.max(1, Math.round(quantity)));
const isSamePrice = (a: Money, b: Money): boolean => a.amountMinor === b.amountMinor && a.currency === b.currency;
