import type { EnvironmentName } from './environments.ts';

/** The event bus of an environment. */
export const busName = (environment: EnvironmentName): string => `${environment}-millrace`;

/** The queue of one subscription: the consumer is a service, the event is its name as published. */
export const queueName = (environment: EnvironmentName, consumer: string, event: string): string =>
  `${environment}-millrace-${consumer}-${event}`;

/** The dead-letter queue beside a subscription's queue. */
export const deadLetterQueueName = (environment: EnvironmentName, consumer: string, event: string): string =>
  `${queueName(environment, consumer, event)}-dlq`;

/** The rule of a subscription: one subscription is one rule with one target. */
export const ruleName = queueName;

/** The archive of an environment's bus. */
export const archiveName = (environment: EnvironmentName): string => `${environment}-millrace`;
