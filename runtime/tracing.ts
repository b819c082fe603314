import type { Trace } from './telemetry.ts';

/** A piece of work that is over. Times in milliseconds since 1970. */
export interface FinishedSpan {
  name: string;
  kind: 'server' | 'consumer' | 'producer' | 'internal';
  trace: Trace;
  startMs: number;
  endMs: number;
  isError: boolean;
  attributes: Record<string, string | number | boolean>;
}

/** Where finished spans go. It never waits and never fails: what does not fit is dropped. */
export interface SpanSink {
  record(span: FinishedSpan): void;
  close(): Promise<void>;
}

/** Takes spans and forgets them: for a process that has no collector. */
export const noSpans: SpanSink = { record: () => undefined, close: async () => undefined };

/** Where spans are sent, and what is said of their sender. */
export interface Collector {
  endpoint: string;
  service: string;
  environment: string;
}

/**
 * Sends spans to an OpenTelemetry collector (OTLP over HTTP), such as ADOT. The libraries are loaded only here.
 * A collector that is away costs nothing but its spans.
 */
export async function openSpanSink(collector: Collector): Promise<SpanSink> {
  const { openOtlpSpans } = await import('./otlp-spans.ts');
  return openOtlpSpans(collector);
}
