import type { Money } from '../text/money.ts';

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface Product {
  id: string;
  name: string;
  description?: string | null;
  price: Money;
  available: number;
  isActive: boolean;
  imageUrl: string | null;
  version: number;
}

export interface Recommendation {
  product: Product;
  reason: 'bought-together' | 'popular' | 'new';
}

export const orderStates = [
  'pending',
  'reserved',
  'paid',
  'confirmed',
  'shipped',
  'delivered',
  'rejected',
  'cancelled',
] as const;
export type OrderState = (typeof orderStates)[number];

export interface OrderItem {
  productId: string;
  name: string;
  quantity: number;
  unitPrice: Money;
}

export interface Address {
  name?: string | undefined;
  street: string;
  city: string;
  postalCode: string;
  country: string;
  region?: string | undefined;
}

export interface Order {
  id: string;
  state: OrderState;
  isCancelling: boolean;
  reason: string | null;
  items: OrderItem[];
  total: Money;
  /** Gone when the account was erased. */
  address: string | Address | null;
  version: number;
  placedAt: string;
  updatedAt: string;
}

export interface OrderMove {
  at: string;
  from: OrderState | null;
  to: OrderState;
  move: string;
  event: string | null;
  note: string | null;
}

export interface Payment {
  id: string;
  orderId: string;
  state: 'pending' | 'captured' | 'declined' | 'failed' | 'refunding' | 'refunded' | 'parked';
  total: Money;
  captured: Money;
  refunded: Money;
  createdAt: string;
  updatedAt: string;
}

export interface PaymentInNeed extends Payment {
  reason: string;
  since: string;
}

export interface Profile {
  id: string;
  email: string;
  name: string;
  avatarUrl: string | null;
  avatar: { state: 'none' | 'waiting' | 'ready' | 'refused'; reason?: string };
  version: number;
  createdAt: string;
}

export interface Loyalty extends Page<LoyaltyEntry> {
  points: number;
  pendingPoints: number;
}

export interface LoyaltyEntry {
  orderId: string;
  points: number;
  state: 'pending' | 'granted' | 'taken-back';
  at: string;
}

export interface NoticeItem {
  id: string;
  kind: string;
  subject: string;
  text: string;
  orderId: string | null;
  createdAt: string;
  readAt: string | null;
}

/** A presigned POST to a bucket. */
export interface UploadGrant {
  url: string;
  fields: Record<string, string>;
  expiresAt: string;
  maxBytes: number;
}

export interface ShopFigures {
  from: string;
  to: string;
  orders: { placed: number; confirmed: number; rejected: number; cancelled: number };
  revenue: Money[];
  /** By UTC days; those without orders are left out. */
  series: { at: string; placed: number; confirmed: number; revenueMinor: number }[];
}
