import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import type { TextFault } from './clean-text.ts';
import { storedText, textFault } from './clean-text.ts';
import { isOwnHost, readPageAddress, referrerHost } from './page-address.ts';
import type { EventFault, TrackerEvent } from './tracker-event.ts';
import { readTrackerEvent } from './tracker-event.ts';

/** Why a whole request is not stored. */
export type RequestDrop = 'consent' | 'bot' | 'prefetch' | 'origin';
/** Why an event is not stored. The words are part of the interface. */
export type DropReason =
  | RequestDrop
  | EventFault
  | TextFault
  | 'bad-time'
  | 'bad-address'
  | 'duplicate-in-batch'
  | 'malformed-json';
export interface Dropped {
  index: number;
  reason: DropReason;
}

/** An event after the checks and before anything is known about its sender. */
export type CleanEvent = Omit<TrackedEvent, 'visitor' | 'country' | 'browser' | 'os' | 'device'>;
export interface Decision {
  accepted: CleanEvent[];
  dropped: Dropped[];
}
export interface Site {
  id: string;
  domain: string;
}

/** Decides about a whole request by its headers: privacy signals first, then robots, then foreign pages. */
export function decideRequest(request: {
  headers: { get(name: string): string | null };
  domain: string;
  isBot: boolean;
  allowLoopback: boolean;
}): { outcome: 'kept' } | { outcome: 'dropped'; reason: RequestDrop } {
  const { headers } = request;
  if (headers.get('dnt') === '1' || headers.get('sec-gpc') === '1') return { outcome: 'dropped', reason: 'consent' };
  if (request.isBot) return { outcome: 'dropped', reason: 'bot' };
  if (isPrefetch(headers)) return { outcome: 'dropped', reason: 'prefetch' };
  return isKnownOrigin(headers.get('origin'), request) ? { outcome: 'kept' } : { outcome: 'dropped', reason: 'origin' };
}

const purposeHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];
const ahead = /prefetch|prerender|preview/i;

function isPrefetch(headers: { get(name: string): string | null }): boolean {
  return purposeHeaders.some((name) => ahead.test(headers.get(name) ?? ''));
}

const loopback = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|.+\.localhost)$/;

// Anybody can forge an Origin, so this keeps out mistakes and copies of the page, not attackers.
function isKnownOrigin(origin: string | null, site: { domain: string; allowLoopback: boolean }): boolean {
  if (origin === null) return true;
  const parsed = URL.parse(origin);
  if (!parsed || parsed.hostname === '') return false;
  return isOwnHost(parsed.hostname, site.domain) || (site.allowLoopback && loopback.test(parsed.hostname));
}

/** Decides about every event of a request: accepted in its stored form, or dropped with a reason. */
export function decideEvents(events: readonly unknown[], context: { site: Site; receivedAt: Date }): Decision {
  const decision: Decision = { accepted: [], dropped: [] };
  const seen = new Set<string>();
  for (const [index, input] of events.entries()) {
    const result = decideEvent(input, context);
    if (typeof result === 'string') {
      decision.dropped.push({ index, reason: result });
    } else if (seen.has(result.id)) {
      decision.dropped.push({ index, reason: 'duplicate-in-batch' });
    } else {
      seen.add(result.id);
      decision.accepted.push(result);
    }
  }
  return decision;
}

function decideEvent(input: unknown, context: { site: Site; receivedAt: Date }): CleanEvent | DropReason {
  const read = readTrackerEvent(input);
  if (read.outcome === 'refused') return read.reason;
  const time = clampTime(read.event.at, context.receivedAt);
  if (!time) return 'bad-event';
  return cleanEvent(read.event, { ...time, site: context.site, receivedAt: context.receivedAt });
}

/** Gives an event that was read its stored form; a text that may not be stored refuses it. */
export function cleanEvent(
  event: TrackerEvent,
  context: { site: Site; at: Date; clockSkew: boolean; receivedAt: Date },
): CleanEvent | DropReason {
  const address = readPageAddress(event.url);
  if (address.outcome === 'refused') return address.reason;
  const fault = faultOfTexts(event);
  if (fault) return fault;
  const { host, ...page } = address.page;
  const clean: CleanEvent = {
    id: event.id.toLowerCase(),
    siteId: context.site.id,
    type: event.type,
    at: context.at.toISOString(),
    receivedAt: context.receivedAt.toISOString(),
    ...page,
  };
  const referrer = referrerHost(event.referrer, { domain: context.site.domain, host });
  if (referrer) clean.referrer = referrer;
  addTexts(clean, event);
  if (event.seconds !== undefined) clean.seconds = event.seconds;
  if (context.clockSkew) clean.clockSkew = true;
  return clean;
}

function faultOfTexts(event: TrackerEvent): TextFault | undefined {
  const fault = textFault(event.title ?? '') ?? textFault(event.name ?? '');
  if (fault || !event.props) return fault;
  for (const [key, value] of Object.entries(event.props)) {
    const found = textFault(key) ?? (typeof value === 'string' ? textFault(value) : undefined);
    if (found) return found;
  }
  return undefined;
}

const languageTag = /^[a-z]{2,8}(-[a-z0-9]{1,8}){0,4}$/i;
const screenSize = /^\d{1,5}x\d{1,5}$/;

// Language and screen are hints of the browser: one without the right form is left out, the view still counts.
function addTexts(clean: CleanEvent, event: TrackerEvent): void {
  const title = storedText(event.title);
  if (title) clean.title = title;
  if (event.language && languageTag.test(event.language)) clean.language = event.language;
  if (event.screen && screenSize.test(event.screen)) clean.screen = event.screen;
  const name = storedText(event.name);
  if (name) clean.name = name;
  if (event.props) clean.props = storedProps(event.props);
}

function storedProps(props: NonNullable<TrackerEvent['props']>): NonNullable<CleanEvent['props']> {
  const entries = Object.entries(props).map(
    ([key, value]) => [key.normalize('NFC'), typeof value === 'string' ? value.normalize('NFC') : value] as const,
  );
  return Object.fromEntries(entries);
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** Reads an RFC 3339 time; nothing when it is not one. */
export function readTime(text: string): Date | undefined {
  if (!rfc3339.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time);
}

const skewAheadMs = 60_000;
const skewBehindMs = 3_600_000;

/**
 * The time of an event: the sender's within an hour of the receipt, otherwise the receipt's, with a flag.
 * A sender whose clock is up to a minute fast is taken to mean now.
 */
export function clampTime(text: string | undefined, receivedAt: Date): { at: Date; clockSkew: boolean } | undefined {
  if (text === undefined) return { at: receivedAt, clockSkew: false };
  const at = readTime(text);
  if (!at) return undefined;
  const aheadMs = at.getTime() - receivedAt.getTime();
  if (aheadMs > skewAheadMs || aheadMs < -skewBehindMs) return { at: receivedAt, clockSkew: true };
  return { at: aheadMs > 0 ? receivedAt : at, clockSkew: false };
}
