import type { ServerResponse } from 'node:http';
import type { Call } from './stand-in-call.ts';
import { answerNotices } from './stand-in-notices.ts';
import { answerOrders } from './stand-in-orders.ts';
import { answerPeople } from './stand-in-people.ts';
import { answerProducts, makeProduct } from './stand-in-products.ts';

interface Money {
  amountMinor: number;
  currency: string;
}

export interface StandInProduct {
  id: string;
  name: string;
  description: string;
  price: Money;
  available: number;
  isActive: boolean;
  imageUrl: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface StandInOrder {
  id: string;
  state: string;
  isCancelling: boolean;
  reason: string | null;
  items: { productId: string; name: string; quantity: number; unitPrice: Money }[];
  total: Money;
  address: unknown;
  version: number;
  placedAt: string;
  updatedAt: string;
  paymentToken: string;
  history: { at: string; from: string | null; to: string; move: string; event: string | null; note: string | null }[];
}

export interface StandInNotice {
  id: string;
  kind: string;
  subject: string;
  text: string;
  orderId: string | null;
  email: { state: string };
  createdAt: string;
  readAt: string | null;
}

export interface StandInPayment {
  id: string;
  orderId: string;
  state: string;
  total: Money;
  captured: Money;
  refunded: Money;
  createdAt: string;
  updatedAt: string;
}

/** What the shop's APIs know. A test may change it while the page runs. */
export interface Shop {
  products: StandInProduct[];
  orders: StandInOrder[];
  payments: StandInPayment[];
  attention: (StandInPayment & { reason: string; since: string })[];
  notices: StandInNotice[];
  profile:
    | {
        id: string;
        email: string;
        name: string;
        avatarUrl: string | null;
        avatar: { state: string; reason?: string };
        version: number;
        createdAt: string;
        updatedAt: string;
      }
    | undefined;
  /** Orders by their Idempotency-Key. */
  placed: Map<string, { body: string; order: StandInOrder }>;
  grants: Map<string, (url: string) => void>;
  pictures: Map<string, { type: string; bytes: Buffer }>;
  streams: Set<ServerResponse>;
  /** Between two moves of an order. */
  stepMs: number;
  shipMs: number;
  /** So many orders are taken without saying so. */
  losesAnswers: number;
  url(): string;
  now(): number;
}

const goods = [
  ['Porcelain dripper', 'For two cups. Glazed by hand, each a little different.', 3_450, 24],
  ['Hand grinder', 'Steel burrs, forty clicks from espresso to cold brew.', 8_900, 7],
  ['Gooseneck kettle', 'Pours slowly and where you want it.', 6_200, 0],
  ['Filter papers, 100', 'Unbleached, for the porcelain dripper.', 690, 480],
  ['Ethiopia Guji, 250 g', 'Peach and bergamot. Roasted on Monday.', 1_480, 31],
  ['Colombia Huila, 250 g', 'Cocoa, red apple, a long sweet end.', 1_290, 3],
  ['Kenya Nyeri, 250 g', 'Blackcurrant and brown sugar.', 1_620, 18],
  ['Cupping spoon', 'Deep bowl, silver plated.', 1_150, 60],
  ['Scale with timer', 'To a tenth of a gram, charged by USB-C.', 5_490, 12],
  ['Server, 600 ml', 'Borosilicate glass that forgives hot and cold.', 2_790, 15],
  ['Storage tin', 'Keeps a kilogram fresh for a month.', 1_990, 44],
  [
    'Subscription box of three single-origin coffees, whole bean, with tasting notes, brewing cards and a letter from the roastery',
    'Every month three coffees that we do not sell otherwise. The first box leaves within two days.',
    3_990,
    9,
  ],
  ['Milk jug, 350 ml', 'Sharp spout for small drawings.', 2_250, 0],
  ['Café au lait bowl', 'Holds more than is good for you.', 1_850, 27],
  ['Brush for grinders', 'Boar bristle, beech handle.', 920, 130],
  ['Water minerals', 'Makes one hundred litres of brewing water.', 1_350, 52],
] as const;

export function makeShop(parts: { url(): string; now(): number }): Shop {
  const products = goods.map(([name, description, amountMinor, available]) =>
    makeProduct({ name, description, amountMinor, available }, parts.now()),
  );
  const [, , retired] = products;
  return {
    ...parts,
    products: retired
      ? [...products, { ...makeProduct(retired, parts.now()), name: 'Old kettle', isActive: false }]
      : [],
    orders: [],
    payments: [],
    attention: [],
    notices: [],
    profile: undefined,
    placed: new Map(),
    grants: new Map(),
    pictures: new Map(),
    streams: new Set(),
    stepMs: 800,
    shipMs: 4_000,
    losesAnswers: 0,
  };
}

/** Answers what is the shop's. @returns whether the call was for it. @throws Refusal */
export async function answerShop(shop: Shop, call: Call): Promise<boolean> {
  if (answerNotices(shop, call)) return true;
  if (await answerOrders(shop, call)) return true;
  if (await answerPeople(shop, call)) return true;
  return answerProducts(shop, call);
}
