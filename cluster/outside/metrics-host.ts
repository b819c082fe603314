import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { BodyFault, readBody } from './body.ts';
import type { MetricValue, MetricValues } from './metric-values.ts';

const maxQueryBytes = 64 * 1024;

interface MetricsHostOptions {
  /** The workspace's address: its path is before `/api/v1`. */
  metricsUrl: string;
  values: MetricValues;
  note: (line: string) => void;
}

/**
 * Answers instant queries as a workspace of Amazon Managed Service for Prometheus does. A request without a signature for
 * it is refused: its worth cannot be checked here, but a controller that was not told to sign would fail in the cloud too.
 */
export function openMetricsHost({ metricsUrl, values, note }: MetricsHostOptions): RequestListener {
  const { pathname, hostname } = new URL(metricsUrl);
  const queryPath = `${pathname.replace(/\/$/, '')}/api/v1/query`;
  const region = /^aps-workspaces\.([a-z0-9-]+)\./.exec(hostname)?.[1];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', metricsUrl);
    if (!isSigned(request.headers.authorization, region)) {
      note(`metrics: ${request.method} ${url.pathname} was not signed for aps in ${region}`);
      return send(response, 403, { Message: 'Missing Authentication Token' });
    }
    if (url.pathname !== queryPath) return fail(response, 404, `there is only ${queryPath} here`);
    if (request.method !== 'GET' && request.method !== 'POST') return fail(response, 405, 'GET or POST');
    const form = request.method === 'POST' ? new URLSearchParams(await readBody(request, maxQueryBytes)) : undefined;
    const query = form?.get('query') ?? url.searchParams.get('query') ?? '';
    if (query.trim() === '') return fail(response, 400, 'parameter "query" is missing');
    const time = Number(form?.get('time') ?? url.searchParams.get('time') ?? Number.NaN);
    const seconds = Number.isFinite(time) ? time : Date.now() / 1000;
    return send(response, 200, { status: 'success', data: vector(values.answer(query), seconds) });
  };
  return (request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else if (error instanceof BodyFault) fail(response, error.status, error.message);
      else fail(response, 500, error instanceof Error ? error.message : String(error));
    });
  };
}

function isSigned(authorization: string | undefined, region: string | undefined): boolean {
  if (region === undefined) return true;
  const scope =
    /^AWS4-HMAC-SHA256 Credential=[^/,\s]+\/\d{8}\/([a-z0-9-]+)\/([a-z]+)\/aws4_request, ?SignedHeaders=/.exec(
      authorization ?? '',
    );
  return scope?.[1] === region && scope[2] === 'aps';
}

const vector = (value: MetricValue, seconds: number) => ({
  resultType: 'vector',
  result: value === null ? [] : [{ metric: {}, value: [seconds, String(value)] }],
});

const fail = (response: ServerResponse, status: number, error: string): void =>
  send(response, status, { status: 'error', errorType: status === 400 ? 'bad_data' : 'not_found', error });

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
