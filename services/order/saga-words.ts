import type { OrderState, Origin, Trigger } from './saga.ts';

/** What a person reads in place of a state. */
export const stateWords: Readonly<Record<OrderState, { name: string; meaning: string }>> = {
  pending: { name: 'placed', meaning: 'The order is placed and its stock is being reserved.' },
  reserved: { name: 'reserved', meaning: 'Everything is reserved and the payment was asked for.' },
  paid: { name: 'paid', meaning: 'The payment is there.' },
  confirmed: { name: 'confirmed', meaning: 'The order is paid and waits for the carrier.' },
  shipped: { name: 'shipped', meaning: 'The parcel has left.' },
  delivered: { name: 'delivered', meaning: 'The parcel has arrived.' },
  withdrawing: { name: 'cancelling', meaning: 'The order is being cancelled; the money is on its way back.' },
  rejected: { name: 'rejected', meaning: 'The order could not be fulfilled. Nothing was charged.' },
  cancelled: { name: 'cancelled', meaning: 'The order is cancelled and no money is held.' },
};

interface Words {
  /** On an arrow. */
  short: string;
  /** In a line of the history. */
  long: string;
}

const triggerWords: Readonly<Record<Exclude<Trigger, 'time-passed'>, Words>> = {
  place: { short: 'placed', long: 'You placed the order.' },
  'stock-reserved': { short: 'in stock', long: 'Everything was reserved for you.' },
  'stock-rejected': { short: 'no stock', long: 'Not everything was in stock.' },
  'payment-processed': { short: 'paid', long: 'The payment went through.' },
  'payment-failed': { short: 'declined', long: 'The payment did not go through.' },
  'payment-refunded': { short: 'refunded', long: 'No money is held any more.' },
  cancel: { short: 'cancel', long: 'You asked to cancel the order.' },
};

/** What it means that time has passed depends on what was waited for. */
const timeWords: Readonly<Record<Origin, Words>> = {
  new: { short: 'time', long: 'Time has passed.' },
  pending: { short: 'too late', long: 'The stock could not be reserved in time.' },
  reserved: { short: 'too late', long: 'The payment did not come in time.' },
  paid: { short: 'at once', long: 'The order is final.' },
  confirmed: { short: 'handed over', long: 'The carrier took the parcel.' },
  shipped: { short: 'arrives', long: 'The carrier brought the parcel.' },
  withdrawing: { short: 'ask again', long: 'The refund was asked for again.' },
  delivered: { short: 'time', long: 'Time has passed.' },
  rejected: { short: 'time', long: 'Time has passed.' },
  cancelled: { short: 'time', long: 'Time has passed.' },
};

/** What a person reads in place of a move. */
export const moveWords = (from: Origin, trigger: Trigger): Words =>
  trigger === 'time-passed' ? timeWords[from] : triggerWords[trigger];
