import { z } from 'zod';

/** What an event is: who says it, in which version, and the shape of its `data`. */
export interface EventContract<Name extends string = string, Data extends z.ZodObject = z.ZodObject> {
  name: Name;
  publisher: string;
  source: string;
  /** Its name on the bus where that is not `name`: AWS writes some with a blank. */
  detailType?: string;
  /** An event that AWS itself puts on the account's default bus: its `detail` is the data, without our envelope. */
  isForeign?: true;
  /** The major version. A change that breaks readers needs the next one; additions do not. */
  version: number;
  data: Data;
}

/** Declares an event: its name in the past tense, the service that publishes it, its major version and its data. */
export function defineEvent<const Name extends string, Data extends z.ZodObject>(
  name: Name,
  options: { publisher: string; version: number; data: Data },
): EventContract<Name, Data> {
  const { publisher, version, data } = options;
  return { name, publisher, source: `millrace.${publisher}`, version, data };
}

/** Declares an event of an AWS service, such as S3: nobody of ours publishes it, and it comes over the default bus. */
export function defineForeignEvent<const Name extends string, Data extends z.ZodObject>(
  name: Name,
  options: { source: `aws.${string}`; detailType: string; data: Data },
): EventContract<Name, Data> {
  const { source, detailType, data } = options;
  return { name, publisher: source, source, detailType, isForeign: true, version: 1, data };
}

/** What an event is called on its bus. */
export const typeOnBus = ({ name, detailType }: Pick<EventContract, 'name' | 'detailType'>): string =>
  detailType ?? name;

/** The `data` of a contract's event. */
export type DataOf<Contract extends EventContract> = z.output<Contract['data']>;

/** The `detail` of every event on the bus. Readers accept and ignore members that they do not know. */
export const eventDetail = z.object({
  id: z.uuid(),
  version: z.int().min(1),
  occurredAt: z.iso.datetime({ offset: true }),
  aggregateId: z.string().min(1).max(128),
  aggregateVersion: z.int().min(0),
  correlationId: z.string().min(1).max(128),
  traceparent: z.unknown().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type EventDetail = z.output<typeof eventDetail>;
