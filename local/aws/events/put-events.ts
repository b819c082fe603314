import { randomUUID } from 'node:crypto';
import { accountId, region } from '../identity.ts';
import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import { noticeMessage } from '../sqs/send.ts';
import type { Waiting } from '../sqs/waiting.ts';
import { constraint, validation } from './errors.ts';
import { busNameIn } from './names.ts';
import type { BusEvent, RouteState } from './route.ts';
import { route } from './route.ts';

const maxEntries = 10;
const maxBytes = 1_048_576;

interface Refused {
  ErrorCode: string;
  ErrorMessage: string;
}

type Read = { refused: Refused } | { id: string; bus: string; event: BusEvent };

export function putEvents(state: RouteState & { waiting: Waiting }): Operation {
  return async (input) => {
    const entries = input.structures('Entries');
    if (entries === undefined) throw constraint('entries', 'null', 'Member must not be null');
    if (entries.length < 1) throw constraint('entries', '[]', 'Member must have length greater than or equal to 1');
    if (entries.length > maxEntries) {
      throw constraint(
        'entries',
        `[${entries.length} entries]`,
        `Member must have length less than or equal to ${maxEntries}`,
      );
    }
    if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > maxBytes) {
      throw validation('Total size of the entries in the request is over the limit.');
    }
    const now = state.now();
    const read = entries.map((entry, index) => readEntry(state, entry, { index, of: entries.length, now }));
    const touched = await state.buses.store.write(() => {
      const queues = read.flatMap((one) => {
        // AWS answers for a bus that does not exist as for any other, and drops the event.
        const bus = 'event' in one ? state.buses.find(one.bus) : undefined;
        return bus && 'event' in one ? [...route(state, bus, { event: one.event })] : [];
      });
      return new Set(queues);
    });
    for (const queue of touched) noticeMessage(state.waiting, queue, queue.settings.delayMs);
    return {
      FailedEntryCount: read.filter((one) => 'refused' in one).length,
      Entries: read.map((one) => ('refused' in one ? one.refused : { EventId: one.id })),
    };
  };
}

/** As AWS counts it: 14 bytes for a time, and the UTF-8 bytes of source, detail type, detail and resources. */
function sizeOf(entry: Input): number {
  const texts = [
    entry.text('Source'),
    entry.text('DetailType'),
    entry.text('Detail'),
    ...(entry.texts('Resources') ?? []),
  ];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
  return bytes + (entry.has('Time') ? 14 : 0);
}

function readEntry(state: RouteState, entry: Input, place: { index: number; of: number; now: number }): Read {
  const [source, detailType, detail] = [entry.text('Source'), entry.text('DetailType'), entry.text('Detail')];
  const required = { Source: source, DetailType: detailType, Detail: detail };
  const missing = Object.entries(required).find(([, value]) => value === undefined || value === '');
  if (missing !== undefined) {
    const message = `Parameter ${missing[0]} is not valid. Reason: ${missing[0]} is a required argument.`;
    return { refused: { ErrorCode: 'InvalidArgument', ErrorMessage: message } };
  }
  if (source?.startsWith('aws.')) {
    const message = 'Not authorized for the source.';
    return { refused: { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: message } };
  }
  if (!isObject(detail ?? ''))
    return { refused: { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' } };
  const injected = state.faults.entryRefusal('PutEvents', undefined, place);
  if (injected !== undefined) return { refused: { ErrorCode: injected.type, ErrorMessage: injected.message } };
  const id = randomUUID();
  const at = entry.instant('Time') ?? place.now;
  const facts = { id, source: source ?? '', detailType: detailType ?? '', detail: (detail ?? '').trim(), at };
  return { id, bus: busNameIn(entry), event: newEvent({ ...facts, resources: entry.texts('Resources') ?? [] }) };
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export interface NewEvent {
  id: string;
  source: string;
  detailType: string;
  resources: string[];
  /** JSON, kept as it was spelled. */
  detail: string;
  at: number;
}

/** An event as it goes to rules and targets. */
export function newEvent(event: NewEvent): BusEvent {
  const header = JSON.stringify({
    version: '0',
    id: event.id,
    'detail-type': event.detailType,
    source: event.source,
    account: accountId,
    time: `${new Date(event.at).toISOString().slice(0, -5)}Z`,
    region,
    resources: event.resources,
  });
  const text = `${header.slice(0, -1)},"detail":${event.detail}}`;
  return { text, header, source: event.source, detailType: event.detailType, at: event.at };
}
