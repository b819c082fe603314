// The libraries are imported here by name, and this file only when there is a collector: see aws-bus.ts.
import type { SpanKind } from '@opentelemetry/api';
import { trace as api, ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Trace } from './telemetry.ts';
import type { Collector, FinishedSpan, SpanSink } from './tracing.ts';

const kinds: Record<FinishedSpan['kind'], SpanKind> = { internal: 0, server: 1, producer: 3, consumer: 4 };
const queueSpans = 2_048;
const exportTimeoutMs = 5_000;

/** Sends spans by OTLP over HTTP, a batch each second; what does not fit into the queue is dropped. */
export function openOtlpSpans(options: Collector): SpanSink {
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
