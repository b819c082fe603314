import { z } from 'zod';
import { maxUrlChars } from './page-address.ts';

/** The most events that one request may carry. */
export const maxEvents = 100;
const maxProps = 32;

const props = z
  .record(z.string().min(1).max(64), z.union([z.string().max(256), z.number(), z.boolean(), z.null()]))
  .refine((entries) => Object.keys(entries).length <= maxProps, { message: `At most ${maxProps} properties.` });

/** One event as the tracker sends it. The same schema validates and is published. */
export const trackerEvent = z.strictObject({
  id: z.uuid().meta({ description: 'Made by the sender; sending it again stores nothing.' }),
  type: z.enum(['pageview', 'engagement', 'custom']),
  url: z.string().min(1).max(maxUrlChars).meta({ description: 'Kept: the path and the utm marks.' }),
  referrer: z.string().max(maxUrlChars).optional().meta({ description: 'Kept: the host.' }),
  title: z.string().max(256).optional(),
  screen: z.string().max(16).optional().meta({ description: 'Width x height, like 1280x720.' }),
  language: z.string().max(35).optional().meta({ description: 'A BCP 47 tag.' }),
  name: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .meta({ description: 'Of a custom event; needed there, refused elsewhere.' }),
  props: props.optional().meta({ description: 'Of a custom event.' }),
  seconds: z.int().min(0).max(86_400).optional().meta({
    description: 'Engaged time since the last report of this page; needed for engagement, refused elsewhere.',
  }),
  at: z.string().max(40).optional().meta({ format: 'date-time' }),
});
export type TrackerEvent = z.output<typeof trackerEvent>;

/** Why one event is not stored. */
export type EventFault = 'bad-url' | 'too-long' | 'unknown-field' | 'bad-event';

/** Reads one event, or says why it is refused. */
export function readTrackerEvent(
  input: unknown,
): { outcome: 'read'; event: TrackerEvent } | { outcome: 'refused'; reason: EventFault } {
  const parsed = trackerEvent.safeParse(input);
  if (!parsed.success) return { outcome: 'refused', reason: faultOf(parsed.error.issues) };
  return isWhole(parsed.data) ? { outcome: 'read', event: parsed.data } : { outcome: 'refused', reason: 'bad-event' };
}

/** Has an event what its type needs, and nothing that belongs to another type? */
export function isWhole(event: Pick<TrackerEvent, 'type' | 'name' | 'props' | 'seconds'>): boolean {
  const isCustom = event.type === 'custom';
  const isEngagement = event.type === 'engagement';
  return (
    isCustom === (event.name !== undefined) &&
    isEngagement === (event.seconds !== undefined) &&
    (isCustom || event.props === undefined)
  );
}

/** Names what is wrong with an event by zod's issues. */
export function faultOf(issues: z.core.$ZodIssue[]): EventFault {
  if (issues.some((issue) => issue.code === 'unrecognized_keys')) return 'unknown-field';
  if (issues.some((issue) => issue.code === 'too_big' && issue.origin === 'string')) return 'too-long';
  return issues.some((issue) => issue.path[0] === 'url') ? 'bad-url' : 'bad-event';
}
