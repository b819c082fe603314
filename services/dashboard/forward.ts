import { Problem, unavailable } from '@millrace/runtime/problem.ts';
import { nextTraceparent } from '@millrace/runtime/telemetry.ts';
import type { ApiName } from './api-paths.ts';

const answerDeadlineMs = 12_000;
/** Streams send a heartbeat every 15 seconds. */
const silenceMs = 45_000;
const maxAnswerBytes = 8 * 1024 * 1024;

const passedOn = ['accept', 'content-type', 'idempotency-key', 'if-match', 'last-event-id'];
const passedBack = [
  'content-type',
  'etag',
  'location',
  'retry-after',
  'x-request-id',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
];

export interface Forwarding {
  /** Who is asked, for the sentence that says that it does not answer. */
  api: ApiName;
  apiUrl: string;
  /** The path below `/session/api`. */
  path: string;
  search: string;
  method: string;
  headers: Headers;
  body: string | undefined;
  /** Absent for what everybody may read. */
  accessToken: string | undefined;
  /** Whose rate a call without a token counts for. */
  guestAddress?: string;
  /** Fires when the caller is gone or the session is over. */
  signal: AbortSignal;
}

/** Passes a request on to the API with the bearer token; the answer comes back as it arrives, event streams unbuffered. */
export async function forward(forwarding: Forwarding): Promise<Response> {
  const { signal } = forwarding;
  const headers = new Headers({ traceparent: nextTraceparent() });
  if (forwarding.accessToken) headers.set('authorization', `Bearer ${forwarding.accessToken}`);
  if (forwarding.guestAddress) headers.set('x-forwarded-for', forwarding.guestAddress);
  for (const name of passedOn) {
    const value = forwarding.headers.get(name);
    if (value) headers.set(name, value);
  }
  const stop = new AbortController();
  const end = (): void => stop.abort(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  const late = setTimeout(() => stop.abort(new DOMException('no answer in time', 'TimeoutError')), answerDeadlineMs);
  try {
    const answer = await fetch(`${forwarding.apiUrl}/api${forwarding.path}${forwarding.search}`, {
      method: forwarding.method,
      headers,
      body: forwarding.body ?? null,
      redirect: 'manual',
      signal: stop.signal,
    });
    return passBack(answer, { api: forwarding.api, stop, ended: () => signal.removeEventListener('abort', end) });
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw unavailable(`The service for ${forwarding.api} does not answer. Try again.`, cause);
  } finally {
    clearTimeout(late);
  }
}

function passBack(answer: Response, parts: { api: ApiName; stop: AbortController; ended(): void }): Response {
  const headers = new Headers({ 'cache-control': 'no-store' });
  for (const name of passedBack) {
    const value = answer.headers.get(name);
    if (value) headers.set(name, value);
  }
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (answer.status >= 300 && answer.status < 400) {
    parts.stop.abort();
    throw new Problem(502, 'bad-gateway', `The service for ${parts.api} answered in a way that is not expected.`);
  }
  if (isStream) headers.set('x-accel-buffering', 'no');
  const body = answer.body && limit(answer.body, { ...parts, isStream });
  return new Response(body, { status: answer.status, headers });
}

/** Ends what is silent for too long; an answer that is no stream also when it is too large. */
function limit(
  source: ReadableStream<Uint8Array>,
  parts: { stop: AbortController; ended(): void; isStream: boolean },
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let bytes = 0;
  return new ReadableStream({
    pull: async (controller) => {
      const silent = setTimeout(
        () => parts.stop.abort(new DOMException('silent for too long', 'TimeoutError')),
        parts.isStream ? silenceMs : answerDeadlineMs,
      );
      try {
        const { done, value } = await reader.read();
        bytes += value?.length ?? 0;
        if (!parts.isStream && bytes > maxAnswerBytes)
          throw new Error(`the answer has more than ${maxAnswerBytes} bytes`);
        if (value) controller.enqueue(value);
        if (!done) return;
        parts.ended();
        controller.close();
      } catch (error) {
        parts.ended();
        parts.stop.abort();
        // A stream that ends is something that its reader mends by itself; a cut answer must not look whole.
        if (parts.isStream) controller.close();
        else controller.error(error);
      } finally {
        clearTimeout(silent);
      }
    },
    cancel: () => {
      parts.ended();
      parts.stop.abort();
    },
  });
}
