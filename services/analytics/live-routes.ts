import type { Database } from '@millrace/runtime/database.ts';
import type { Random } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { HeaderReader, Route } from '@millrace/runtime/route.ts';
import { defineRoute, stream } from '@millrace/runtime/route.ts';
import { z } from 'zod';
import type { Live, Watcher } from './live.ts';
import { ownSite } from './query-routes.ts';

const encoder = new TextEncoder();
/** A reader who is this far behind is let go; it comes back and gets a snapshot. */
const maxWaitingBytes = 256 * 1024;
const heartbeatMs = 15_000;
/** No stream outlives its access token by much: the reader comes back with a fresh one. */
const maxStreamMs = 10 * 60_000;
const headers = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };

interface Parts {
  live: Live;
  database: Database;
  random: Random;
}

/** The live view of a site as server-sent events. */
export function liveRoutes(parts: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/analytics/live',
      operationId: 'watchSite',
      summary: 'Streams visitors now, views per minute and the latest views: events snapshot, views and rolled.',
      policy: { scope: 'analytics:read' },
      query: z.strictObject({
        site: z
          .string()
          .max(64)
          .transform((text) => text.toLowerCase()),
      }),
      responses: { 200: { description: 'Events, until either side ends it.', type: 'text/event-stream' } },
      handle: async ({ query, subject, headers: sent, signal }) => {
        refuseForeignPage(sent);
        const siteId = query.site;
        await ownSite(parts.database, { siteId, owner: subject.sub });
        return stream('text/event-stream; charset=utf-8', await openStream(parts, { siteId, signal }), headers);
      },
    }),
  ];
}

/** A page may watch only from the origin that serves this API; programs send no Origin. @throws Problem 403. */
function refuseForeignPage(sent: HeaderReader): void {
  const origin = sent.get('origin');
  const isForeign = origin !== null && URL.parse(origin)?.host !== sent.get('host');
  if (!isForeign && sent.get('sec-fetch-site') !== 'cross-site') return;
  throw new Problem(403, 'foreign-origin', 'Pages of other origins may not watch.');
}

async function openStream(
  parts: Parts,
  wish: { siteId: string; signal: AbortSignal },
): Promise<ReadableStream<Uint8Array>> {
  const { live, random } = parts;
  let control: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        control = controller;
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maxWaitingBytes }),
  );
  let leave: (() => void) | undefined;
  let isOver = false;
  const write = (text: string): boolean => {
    if (isOver || !control || (control.desiredSize ?? 0) <= 0) return false;
    control.enqueue(encoder.encode(text));
    return true;
  };
  const beating = setInterval(() => write(':\n\n') || end(), heartbeatMs);
  const lifetime = setTimeout(() => end(), maxStreamMs * (0.9 + random.fraction() / 10));
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(beating);
    clearTimeout(lifetime);
    leave?.();
    // A stream that the reader has cancelled is closed already.
    if (control?.desiredSize !== null) swallow(() => control?.close());
  };
  const watcher: Watcher = { end, send: (event, data) => write(`event: ${event}\ndata: ${data}\n\n`) };
  wish.signal.addEventListener('abort', end, { once: true });
  write('retry: 1000\n\n');
  try {
    leave = await live.watch(wish.siteId, watcher);
  } catch (error) {
    end();
    throw error;
  }
  if (isOver || wish.signal.aborted) {
    leave();
    end();
  }
  return body;
}

function swallow(action: () => void): void {
  try {
    action();
  } catch {
    // Closed at the other end in the same moment.
  }
}
