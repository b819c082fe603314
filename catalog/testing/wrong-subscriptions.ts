import { z } from 'zod';
import { defineEvent, defineForeignEvent } from '../event.ts';
import { OrderConfirmed, OrderPlaced } from '../events/order.ts';
import { PaymentFailed } from '../events/payment.ts';
import { ObjectCreated } from '../events/s3.ts';
import { UserErased } from '../events/user.ts';
import type { Service } from '../service.ts';
import { on } from '../service.ts';
import type { Wrong } from './change.ts';
import { withService, withSubscription } from './change.ts';
import type { WrongCatalog } from './wrong-catalog.ts';

/** The subscription of user to OrderPlaced, with another filter. */
const filtered = (filter: Wrong): Service[] => withSubscription('user', 0, { filter });
const amount = (...alternatives: Wrong[]): Service[] => filtered({ data: { total: { amountMinor: alternatives } } });
const place = 'user.consumes[0].filter';
const amountPlace = `${place}.data.total.amountMinor`;

const filters: readonly WrongCatalog[] = [
  {
    code: 'E035',
    what: 'a filter on a field that the event has not',
    catalog: filtered({ data: { total: { amuontMinor: [1] } } }),
    place: `${place}.data.total.amuontMinor`,
    message: 'OrderPlaced has no field data.total.amuontMinor. Did you mean amountMinor?',
  },
  {
    code: 'E035',
    what: 'a filter that leaves out the envelope',
    catalog: filtered({ total: { amountMinor: [1] } }),
    place: `${place}.total`,
    message: 'Name one of id, version, occurredAt, aggregateId, aggregateVersion, correlationId, traceparent, data.',
  },
  {
    code: 'E035',
    what: 'a filter on a field that one of several events has not',
    catalog: withSubscription('notification', 0, { filter: { data: { email: [{ prefix: 'a' }] } } }),
    place: 'notification.consumes[0].filter.data.email',
    message: 'UserErased has no field data.email. Name one of userId.',
  },
  {
    code: 'E035',
    what: 'alternatives of EventBridge in words of a programming language',
    catalog: filtered({ $or: [{ data: {} }, { id: ['a'] }] }),
    place: `${place}.$or`,
    message: 'OrderPlaced has no field $or',
  },
  {
    code: 'E035',
    what: 'an operator that nobody here answers for',
    catalog: amount({ wildcard: '*' }),
    place: amountPlace,
    message: 'there is no operator "wildcard" here. Write one of prefix, numeric, exists, anything-but.',
  },
  {
    code: 'E035',
    what: 'an operator of every object',
    catalog: amount({ toString: '*' }),
    place: amountPlace,
    message: 'there is no operator "toString"',
  },
  {
    code: 'E035',
    what: 'two operators in one alternative',
    catalog: amount({ numeric: ['>', 0], exists: true }),
    place: amountPlace,
    message: 'is no alternative. Write a value, or one operator.',
  },
  {
    code: 'E035',
    what: 'a comparison of a text',
    catalog: filtered({ data: { orderId: [{ numeric: ['>', 0] }] } }),
    place: `${place}.data.orderId`,
    message: '{"numeric":[">",0]} is for a number, data.orderId is a string.',
  },
  {
    code: 'E035',
    what: 'a text for a number',
    catalog: amount('5'),
    place: amountPlace,
    message: '"5" is for a string, data.total.amountMinor is an integer.',
  },
  ...[['=>', 0], ['>'], ['<', 5, '>', 1], ['>', 5, '<', 5], ['>', '0']].map((numeric) => ({
    code: 'E035',
    what: `a comparison that says nothing: ${numeric.join(' ')}`,
    catalog: amount({ numeric }),
    place: amountPlace,
    message: 'cannot be read. Write { numeric: [">", 0] }',
  })),
  ...[[], ['a', 1], [null]].map((unwanted) => ({
    code: 'E035',
    what: `anything but ${JSON.stringify(unwanted)}`,
    catalog: amount({ 'anything-but': unwanted }),
    place: amountPlace,
    message: 'all of them texts or all of them numbers',
  })),
  {
    code: 'E035',
    what: 'a filter on a list',
    catalog: filtered({ data: { items: { quantity: [1] } } }),
    place: `${place}.data.items`,
    message: 'is no filter of a list',
  },
  {
    code: 'E035',
    what: 'a filter on a whole object',
    catalog: filtered({ data: { total: [{ exists: true }] } }),
    place: `${place}.data.total`,
    message: 'data.total is an object, which has no value of its own.',
  },
  {
    code: 'E035',
    what: 'a filter on nothing',
    catalog: filtered({ data: {} }),
    place: `${place}.data`,
    message: 'it names no field. Name one of orderId',
  },
  {
    code: 'E035',
    what: 'a filter that takes nothing',
    catalog: amount(),
    place: amountPlace,
    message: 'an empty list takes nothing',
  },
  {
    code: 'E035',
    what: 'a value without a list around it',
    catalog: filtered({ data: { orderId: 'seven' } }),
    place: `${place}.data.orderId`,
    message: '"seven" is no filter of a string. Write a list',
  },
  {
    code: 'E035',
    what: 'a filter that no event can pass',
    catalog: amount({ numeric: ['<', 0] }),
    place,
    message: 'no sample of OrderPlaced can be made that passes it',
  },
  {
    code: 'E035',
    what: 'a pattern that is too long',
    catalog: amount({ 'anything-but': Array.from({ length: 500 }, (_, index) => index + 1_000) }),
    place: 'user.consumes[0]',
    message: 'EventBridge takes 2048. Shorten the filter',
  },
];

const Impostor = defineForeignEvent('ImpostorCame', {
  source: 'millrace.user' as Wrong,
  detailType: 'Impostor Came',
  data: z.object({ at: z.string() }),
});
const Imitated = {
  ...defineEvent('Imitated', { publisher: 'user', version: 1, data: z.object({}) }),
  source: 'aws.user',
};

const severalEvents: readonly WrongCatalog[] = [
  {
    code: 'E036',
    what: 'events of two publishers in one rule',
    catalog: withSubscription('notification', 1, { also: [PaymentFailed] }),
    place: 'notification.consumes[1].also[0]',
    message: 'PaymentFailed is of payment, OrderConfirmed of order. Give it a subscription of its own.',
  },
  {
    code: 'E036',
    what: 'an event twice in one rule',
    catalog: withSubscription('notification', 1, { also: [OrderPlaced, OrderPlaced] }),
    place: 'notification.consumes[1].also[1]',
    message: 'OrderPlaced is in the rule already',
  },
  {
    code: 'E036',
    what: 'the first event once more',
    catalog: withSubscription('notification', 1, { also: [OrderConfirmed] }),
    place: 'notification.consumes[1].also[0]',
    message: 'OrderConfirmed is in the rule already',
  },
  {
    code: 'E036',
    what: "an event of another subscription's",
    catalog: withSubscription('user', 0, { also: [OrderConfirmed] }),
    place: 'user.consumes[0].also[0]',
    message: 'another subscription of the service takes OrderConfirmed',
  },
  {
    code: 'E033',
    what: "an event that an earlier subscription's rule has",
    catalog: withService('notification', ({ consumes }) => ({ consumes: [...consumes, on(UserErased)] })),
    place: 'notification.consumes[6]',
    message: 'the service consumes UserErased already',
  },
  {
    code: 'E031',
    what: 'an event beside another, in a version that nobody publishes',
    catalog: withSubscription('notification', 1, { also: [{ ...OrderPlaced, version: 2 }] }),
    place: 'notification.consumes[1].also[0]',
    message: 'OrderPlaced is published as @1, not as @2',
  },
  {
    code: 'E004',
    what: 'nothing beside an event',
    catalog: withSubscription('notification', 0, { also: [undefined] }),
    place: 'notification.consumes[0].also[0]',
    message: 'is missing',
  },
];

const foreign: readonly WrongCatalog[] = [
  {
    code: 'E037',
    what: 'a bucket of an event that is not of S3',
    catalog: withSubscription('user', 1, { bucket: 'uploads' }),
    place: 'user.consumes[1].bucket',
    message: 'OrderConfirmed does not come from S3. Take bucket away.',
  },
  {
    code: 'E037',
    what: 'uploads to any bucket',
    catalog: withSubscription('user', 4, { bucket: undefined }),
    place: 'user.consumes[4].bucket',
    message: 'ObjectCreated comes from every bucket',
  },
  {
    code: 'E037',
    what: 'uploads to a bucket that the service may not read',
    catalog: withSubscription('user', 4, { bucket: 'products' }),
    place: 'user.consumes[4].bucket',
    message: 'user may not read the bucket products. Add it to access, or write uploads.',
  },
  {
    code: 'E037',
    what: 'a bucket and a filter',
    catalog: withSubscription('user', 4, { filter: { object: { size: [{ numeric: ['>', 0] }] } } }),
    place: 'user.consumes[4].filter',
    message: 'a bucket is its filter',
  },
  {
    code: 'E037',
    what: 'an event of ours in the clothes of one of AWS',
    catalog: withService('order', ({ consumes }) => ({ consumes: [...consumes, on(Impostor)] })),
    place: 'order.consumes[7]',
    message: 'ImpostorCame comes from millrace.user, which is not AWS',
  },
  {
    code: 'E031',
    what: 'an event with the source of AWS that is not declared as such',
    catalog: withService('order', ({ consumes }) => ({ consumes: [...consumes, on(Imitated as Wrong)] })),
    place: 'order.consumes[7]',
    message: 'nobody publishes Imitated@1',
  },
  {
    code: 'E033',
    what: 'a service that publishes what only AWS does',
    catalog: withService('user', ({ publishes }) => ({ publishes: [...publishes, ObjectCreated] })),
    place: 'user.publishes ObjectCreated',
    message: 'aws.s3 publishes it, and nobody else can',
  },
];

const calls: readonly WrongCatalog[] = [
  ['a service that is not there', 'prodcut', 'E038', 'there is no service "prodcut". Did you mean product?'],
  ['the service itself', 'order', 'E038', 'a service does not call itself'],
].map(([what = '', name, code = '', message = '']) => ({
  code,
  what: `a call of ${what}`,
  catalog: withService('order', () => ({ access: [{ kind: 'service', name }] })),
  place: 'order.access[0]',
  message,
}));

/** Filters, several events in one rule, events of AWS, and calls of other services. */
export const wrongSubscriptions: readonly WrongCatalog[] = [
  ...filters,
  ...severalEvents,
  ...foreign,
  ...calls,
  {
    code: 'E038',
    what: 'a service that is named twice',
    catalog: withService('order', ({ access }) => ({ access: [...access, ...access] })),
    place: 'order.access[1]',
    message: 'product is there already',
  },
  {
    code: 'E091',
    what: 'a call of a service that nothing reaches',
    catalog: withService('product', ({ workloads: { api, ...rest } }) => ({
      workloads: { ...rest, api: { ...api, routes: undefined } },
    })),
    place: 'order.access[0]',
    message: 'product has no routes, so nothing answers there',
  },
];
