// What becomes of stock that orders hold: decided here without a database, kept by reservation-store.ts.

/** `returned` is final and holds nothing; an order that ended before it was placed here is `returned` from the start. */
export type ReservationState = 'held' | 'sold' | 'returned' | 'expired' | 'refused';

/** Why stock moved. */
export type MovementKind = 'initial' | 'restock' | 'held' | 'sold' | 'returned' | 'expired';

export interface Line {
  productId: string;
  quantity: number;
}

export interface Reservation {
  orderId: string;
  id: string;
  state: ReservationState;
  /** Of our own events about this order. */
  version: number;
  /** The last version of the order that was seen. */
  orderVersion: number;
  expiresAt: Date;
  lines: Line[];
}

/** A product's stock while a transaction holds its row. */
export interface Level {
  before: number;
  available: number;
  isActive: boolean;
}
export type Levels = Map<string, Level>;

/** What happens to a reservation. */
export type Occasion = 'confirmed' | 'ended' | 'timeout';
export type Step = 'sell' | 'take-and-sell' | 'give-back' | 'close' | 'expire';

/** Every step that a reservation can take once it is there. What does not stand here changes nothing. */
export const steps: Record<Occasion, Partial<Record<ReservationState, Step>>> = {
  confirmed: { held: 'sell', expired: 'take-and-sell', refused: 'take-and-sell' },
  ended: { held: 'give-back', sold: 'give-back', expired: 'close', refused: 'close' },
  timeout: { held: 'expire' },
};

/** Steps that need the rows of stock, and so must lock them first. */
export const movesStock = (step: Step | undefined): boolean =>
  step === 'take-and-sell' || step === 'give-back' || step === 'expire';

/** What is announced about an order. */
export type Answer =
  | { answer: 'reserved'; reservation: Reservation }
  | { answer: 'rejected'; reservation: Reservation; missing: Line[]; isExpired: boolean };

export interface Movement extends Line {
  orderId: string;
  kind: MovementKind;
}

/** Everything that a transaction writes about reservations and stock. */
export interface Plan {
  changed: Reservation[];
  /** Reservations whose lines are new. */
  added: Reservation[];
  movements: Movement[];
  answers: Answer[];
}

export const emptyPlan = (): Plan => ({ changed: [], added: [], movements: [], answers: [] });

/** The lines of an order, each product once. */
export function mergeLines(items: readonly Line[]): Line[] {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of items) {
    const id = productId.toLowerCase();
    quantities.set(id, (quantities.get(id) ?? 0) + quantity);
  }
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
}

/** Holds all lines of a new reservation, or none. Changes `levels`, `plan` and the reservation, which is stored as held. */
export function hold(plan: Plan, levels: Levels, reservation: Reservation): void {
  const missing = missingLines(levels, reservation.lines, { isRetiredMissing: true });
  if (missing.length > 0) {
    refuse(plan, reservation, missing);
    return;
  }
  take(plan, levels, reservation);
  plan.added.push(reservation);
  plan.answers.push({ answer: 'reserved', reservation });
}

/** Takes one step. Changes `levels`, `plan` and the reservation. `items` are the order's lines where none are stored. */
export function follow(
  plan: Plan,
  levels: Levels,
  move: { reservation: Reservation; step: Step; items?: readonly Line[] },
): void {
  const { reservation, step, items = [] } = move;
  if (step === 'take-and-sell') {
    takeAgain(plan, levels, { reservation, items });
    return;
  }
  plan.changed.push(reservation);
  if (step === 'sell') {
    note(plan, reservation, 'sold');
    reservation.state = 'sold';
  } else if (step === 'give-back') {
    giveBack(plan, levels, { reservation, kind: 'returned' });
    reservation.state = 'returned';
  } else if (step === 'close') {
    reservation.state = 'returned';
  } else {
    giveBack(plan, levels, { reservation, kind: 'expired' });
    reservation.state = 'expired';
    reject(plan, reservation, { missing: reservation.lines, isExpired: true });
  }
}

/** Products whose last piece went, or that have pieces again. */
export const crossedZero = (levels: Levels): string[] =>
  [...levels].filter(([, level]) => (level.before === 0) !== (level.available === 0)).map(([id]) => id);

/** A payment that came after the time was over: stock is taken again if it is there, also of a retired product. */
function takeAgain(plan: Plan, levels: Levels, move: { reservation: Reservation; items: readonly Line[] }): void {
  const { reservation, items } = move;
  const hasLines = reservation.lines.length > 0;
  if (!hasLines) reservation.lines = mergeLines(items);
  const missing = missingLines(levels, reservation.lines, { isRetiredMissing: false });
  plan.changed.push(reservation);
  if (missing.length > 0) {
    if (!hasLines) reservation.lines = [];
    reservation.state = 'refused';
    reject(plan, reservation, { missing, isExpired: false });
    return;
  }
  take(plan, levels, reservation);
  note(plan, reservation, 'sold');
  reservation.state = 'sold';
  if (!hasLines) plan.added.push(reservation);
}

function refuse(plan: Plan, reservation: Reservation, missing: Line[]): void {
  reservation.state = 'refused';
  reservation.lines = [];
  plan.changed.push(reservation);
  // Its row was made with the version of its only answer.
  plan.answers.push({ answer: 'rejected', reservation, missing, isExpired: false });
}

function reject(plan: Plan, reservation: Reservation, facts: { missing: Line[]; isExpired: boolean }): void {
  reservation.version += 1;
  plan.answers.push({ answer: 'rejected', reservation, ...facts });
}

function missingLines(levels: Levels, lines: readonly Line[], options: { isRetiredMissing: boolean }): Line[] {
  return lines.filter(({ productId, quantity }) => {
    const level = levels.get(productId);
    return !level || level.available < quantity || (options.isRetiredMissing && !level.isActive);
  });
}

function take(plan: Plan, levels: Levels, reservation: Reservation): void {
  for (const { productId, quantity } of reservation.lines) shift(levels, productId, -quantity);
  note(plan, reservation, 'held');
}

function giveBack(plan: Plan, levels: Levels, part: { reservation: Reservation; kind: 'returned' | 'expired' }): void {
  for (const { productId, quantity } of part.reservation.lines) shift(levels, productId, quantity);
  note(plan, part.reservation, part.kind);
}

function shift(levels: Levels, productId: string, change: number): void {
  const level = levels.get(productId);
  if (!level) throw new Error(`The stock of ${productId} is not locked.`);
  level.available += change;
  if (level.available < 0) throw new Error(`The stock of ${productId} would be negative.`);
}

function note(plan: Plan, { orderId, lines }: Reservation, kind: MovementKind): void {
  plan.movements.push(...lines.map((line) => ({ ...line, orderId, kind })));
}
