import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { z } from 'zod';
import { BodyFault, readBody } from './body.ts';
import type { GitCounts } from './git-host.ts';
import type { Listener } from './listener.ts';
import { listenOn } from './listener.ts';
import type { MetricValues } from './metric-values.ts';
import { maxNames } from './metric-values.ts';

const maxBytes = 4_096;
const maxNameChars = 200;
const deadlineMs = 10_000;

const setting = z.strictObject({
  value: z.union([z.number(), z.enum(['NaN', '+Inf', '-Inf']), z.null()], {
    error: 'write a number, "NaN", "+Inf", "-Inf", or null for no answer',
  }),
});

interface ControlOptions {
  port: number;
  values: MetricValues;
  refusedHosts: ReadonlyMap<string, number>;
  git: GitCounts;
}

/** A small listener on 127.0.0.1 that sets what metrics say and tells what was asked for. */
export function startControl(options: ControlOptions): Promise<Listener> {
  const server = createServer({ requestTimeout: deadlineMs }, (request, response) => {
    answer(request, options).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => {
        const status = error instanceof BodyFault ? error.status : 500;
        send(response, status, { error: error instanceof Error ? error.message : String(error) });
      },
    );
  });
  return listenOn(server, { port: options.port });
}

interface Answer {
  status: number;
  body: unknown;
}

async function answer(request: IncomingMessage, options: ControlOptions): Promise<Answer> {
  const { values, refusedHosts, git } = options;
  const { pathname } = new URL(request.url ?? '/', 'http://control');
  const route = `${request.method} ${pathname}`;
  if (route === 'GET /healthz') return { status: 200, body: { status: 'ok' } };
  if (route === 'GET /state') {
    const refused = Object.fromEntries(refusedHosts);
    return { status: 200, body: { metrics: values.all(), queries: values.recent(), refusedHosts: refused, git } };
  }
  if (route === 'DELETE /metrics') {
    values.reset();
    return { status: 200, body: values.all() };
  }
  const encoded = /^PUT \/metrics\/([^/]+)$/.exec(route)?.[1];
  if (encoded === undefined) {
    return { status: 404, body: { error: 'GET /healthz, GET /state, PUT /metrics/{name}, DELETE /metrics' } };
  }
  const name = nameOf(encoded);
  const { value } = settingOf(await readBody(request, maxBytes));
  if (values.set(name, value)) return { status: 200, body: { name, value } };
  return { status: 409, body: { error: `there are ${maxNames} metrics already: DELETE /metrics` } };
}

function nameOf(encoded: string): string {
  try {
    const name = decodeURIComponent(encoded);
    if (name.length <= maxNameChars) return name;
  } catch {
    // The same sentence as for one that is too long.
  }
  throw new BodyFault(400, `the name of a metric is text of at most ${maxNameChars} characters`);
}

function settingOf(text: string): z.output<typeof setting> {
  const parsed = setting.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BodyFault(400, `${issue?.path.join('.') || 'the body'}: ${issue?.message}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BodyFault(400, 'the body is not JSON');
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
