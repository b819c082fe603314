import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { parseJsonBody } from '@millrace/runtime/json-body.ts';
import { formatUuid } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import { z } from 'zod';
import type { CleanEvent, Dropped, DropReason, Site } from './collect.ts';
import { cleanEvent, readTime } from './collect.ts';
import { faultOf, isWhole, trackerEvent } from './tracker-event.ts';

/** The most lines that one import may have. */
export const maxImportLines = 5_000;
const maxUserAgentChars = 2_048;

/** A line of an import: an event whose sender's address and time are trusted. */
export const importLine = trackerEvent.extend({
  id: z
    .uuid()
    .optional()
    .meta({ description: 'Made from the line when it is missing, so that a second run adds nothing.' }),
  type: trackerEvent.shape.type.default('pageview'),
  at: z.string().max(40).meta({ format: 'date-time' }),
  ip: z.string().max(45).meta({ description: 'Used for the visitor and the country; never stored.' }),
  userAgent: z.string().max(maxUserAgentChars),
});
export type ImportLine = z.output<typeof importLine>;

/** A line that was accepted, with its sender for as long as the request lasts. */
export interface ImportedEvent {
  event: CleanEvent;
  address: string;
  userAgent: string;
}

/** Reads lines in order; remembers what it saw in this request. */
export interface ImportReader {
  read(
    text: string,
    index: number,
  ): { outcome: 'accepted'; imported: ImportedEvent } | ({ outcome: 'dropped' } & Dropped);
}

export function importReader(context: {
  site: Site;
  receivedAt: Date;
  isBot: (userAgent: string) => boolean;
}): ImportReader {
  const seen = new Set<string>();
  const occurrences = new Map<string, number>();
  return {
    read(text, index) {
      const line = readLine(text);
      if (typeof line === 'string') return { outcome: 'dropped', index, reason: line };
      const at = trustedTime(line.at, context.receivedAt);
      if (typeof at === 'string') return { outcome: 'dropped', index, reason: at };
      if (isIP(line.ip) === 0) return { outcome: 'dropped', index, reason: 'bad-address' };
      if (context.isBot(line.userAgent)) return { outcome: 'dropped', index, reason: 'bot' };
      const id = line.id ?? contentId(context.site.id, line, occurrences);
      const event = cleanEvent({ ...line, id }, { ...context, at, clockSkew: false });
      if (typeof event === 'string') return { outcome: 'dropped', index, reason: event };
      if (seen.has(event.id)) return { outcome: 'dropped', index, reason: 'duplicate-in-batch' };
      seen.add(event.id);
      return { outcome: 'accepted', imported: { event, address: line.ip, userAgent: line.userAgent } };
    },
  };
}

function readLine(text: string): ImportLine | DropReason {
  let input: unknown;
  try {
    input = parseJsonBody(text);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.slug === 'control-character' || error.slug === 'invalid-unicode') return error.slug;
    return error.status === 400 ? 'malformed-json' : 'bad-event';
  }
  const parsed = importLine.safeParse(input);
  if (!parsed.success) return faultOf(parsed.error.issues);
  return isWhole(parsed.data) ? parsed.data : 'bad-event';
}

const earliest = Date.UTC(1990, 0, 1);
const aheadMs = 300_000;

function trustedTime(text: string, receivedAt: Date): Date | DropReason {
  const at = readTime(text);
  if (!at) return 'bad-event';
  if (at.getTime() < earliest || at.getTime() > receivedAt.getTime() + aheadMs) return 'bad-time';
  return at;
}

/**
 * A UUID version 8 (RFC 9562) from what a line says and how often the request has said it before. The address is left
 * out: an id is stored, and trying all addresses against it would find the visitor's.
 */
function contentId(siteId: string, line: ImportLine, occurrences: Map<string, number>): string {
  const { ip: _, ...content } = line;
  const text = JSON.stringify([siteId, content]);
  const occurrence = occurrences.get(text) ?? 0;
  occurrences.set(text, occurrence + 1);
  return uuidOf(`${text}\0${occurrence}`);
}

/** The UUID version 8 of a text: the first 128 bits of its SHA-256, less the six that say so. */
export function uuidOf(text: string): string {
  return formatUuid(new Uint8Array(createHash('sha256').update(text).digest()).subarray(0, 16), 8);
}
