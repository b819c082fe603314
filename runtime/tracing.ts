import type { SpanKind } from '@opentelemetry/api';
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

const kinds: Record<FinishedSpan['kind'], SpanKind> = { internal: 0, server: 1, producer: 3, consumer: 4 };
const queueSpans = 2_048;
const exportTimeoutMs = 5_000;

/**
 * Sends spans to an OpenTelemetry collector (OTLP over HTTP), such as ADOT. The libraries are loaded only here.
 * A collector that is away costs nothing but its spans.
 */
export async function openSpanSink(options: {
  endpoint: string;
  service: string;
  environment: string;
}): Promise<SpanSink> {
  const [
    { ROOT_CONTEXT, trace: api },
    { BatchSpanProcessor, TracerProvider },
    { OTLPTraceExporter },
    { resourceFromAttributes },
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  // The ids of a span were given when its work began and went out with every call, so the provider takes them as they are.
  let current: Trace = { traceId: '', spanId: '', sampled: true };
  const exporter = new OTLPTraceExporter({
    url: new URL('v1/traces', withSlash(options.endpoint)).href,
    timeoutMillis: exportTimeoutMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.service,
      'deployment.environment.name': options.environment,
    }),
    idGenerator: { generateTraceId: () => current.traceId, generateSpanId: () => current.spanId },
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: queueSpans, scheduledDelayMillis: 1_000 })],
  });
  const tracer = provider.getTracer('millrace');
  return {
    record: (span) => {
      if (!span.trace.sampled) return;
      current = span.trace;
      const parentId = span.trace.parentSpanId;
      const parent = parentId
        ? { traceId: span.trace.traceId, spanId: parentId, traceFlags: 1, isRemote: true }
        : undefined;
      const context = parent ? api.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
      const { name, attributes, startMs, endMs } = span;
      const recorded = tracer.startSpan(name, { kind: kinds[span.kind], attributes, startTime: startMs }, context);
      if (span.isError) recorded.setStatus({ code: 2 });
      recorded.end(endMs);
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);
