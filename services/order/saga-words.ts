import type { OrderState, Trigger } from './saga.ts';

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

/** What a person reads in place of a trigger: on an arrow, and in a line of the history. */
export const triggerWords: Readonly<Record<Trigger, { short: string; long: string }>> = {
  place: { short: 'placed', long: 'You placed the order.' },
  'stock-reserved': { short: 'in stock', long: 'Everything was reserved for you.' },
  'stock-rejected': { short: 'no stock', long: 'Not everything was in stock.' },
  'payment-processed': { short: 'paid', long: 'The payment went through.' },
  'payment-failed': { short: 'declined', long: 'The payment did not go through.' },
  'payment-refunded': { short: 'refunded', long: 'No money is held any more.' },
  cancel: { short: 'cancel', long: 'You asked to cancel the order.' },
  'time-passed': { short: 'time', long: 'The time for this step was over.' },
};
