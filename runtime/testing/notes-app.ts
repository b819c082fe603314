import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { z } from 'zod';
import { createTokenVerifier } from '../auth.ts';
import type { Listening } from '../listen.ts';
import { listen } from '../listen.ts';
import { createLog } from '../log.ts';
import { systemClock } from '../ports.ts';
import { Problem } from '../problem.ts';
import { defineRoute, empty, json } from '../route.ts';
import { createApp } from '../server.ts';
import { createMetrics } from '../telemetry.ts';

export const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const issuer = 'http://issuer.example';
const quiet = createLog({ name: 'test', level: 'silent' });
let keysServer: ReturnType<typeof createServer>;
export let jwksUrl: string;
export let server: Listening;

const note = z.strictObject({
  text: z.string().max(20),
  quantity: z.int().min(1).max(100),
  tags: z.array(z.string()).max(20_000).optional(),
});

const routes = [
  defineRoute({
    method: 'POST',
    path: '/api/notes',
    operationId: 'writeNote',
    summary: 'Writes a note.',
    policy: 'public',
    headers: { 'Note-Colour': { description: 'Of <paper>.', pattern: '^[a-z]+$' } },
    body: { schema: note, maxBytes: 200_000 },
    responses: { 201: { description: 'Written.', schema: note } },
    handle: async ({ body }) => json(201, body),
  }),
  defineRoute({
    method: 'GET',
    path: '/api/notes/:id',
    operationId: 'readNote',
    summary: 'Reads a note.',
    policy: { scope: 'notes:read' },
    params: z.object({ id: z.uuid() }),
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).optional() }),
    responses: { 200: { description: 'The note.', schema: note } },
    handle: async ({ params, subject, clientAddress }) => json(200, { id: params.id, sub: subject.sub, clientAddress }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/api/notes/:id',
    operationId: 'dropNote',
    summary: 'Fails as its id says.',
    policy: 'public',
    params: z.object({ id: z.string() }),
    responses: { 204: { description: 'Gone.' } },
    handle: async ({ params }) => {
      if (params.id === 'database') throw Object.assign(new Error('gone'), { code: '57P01' });
      if (params.id === 'fault') throw new Error('a fault with secret words');
      if (params.id === 'refused') throw new Problem(409, 'invalid-state', 'It is gone already.');
      return empty(204);
    },
  }),
];

/** A small API with a token issuer beside it, listening on a free port. */
export async function startNotes(): Promise<void> {
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  keysServer = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => keysServer.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(keysServer.address() as { port: number }).port}/`;
  const verifyToken = createTokenVerifier({ issuer, jwksUrl, clientIds: ['page'], clock: systemClock });
  const app = createApp({
    name: 'notes',
    version: '1',
    routes,
    verifyToken,
    isReady: async () => undefined,
    metrics: createMetrics(),
    log: quiet,
  });
  server = await listen(app, { host: '127.0.0.1', port: 0, drainMs: 1_000 });
}

export async function stopNotes(): Promise<void> {
  await server.close();
  keysServer.close();
}

export async function token(
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const payload = { token_use: 'access', client_id: 'page', scope: 'notes:read', sub: 'ada', iss: issuer, ...claims };
  const signer = new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header });
  if (!('exp' in claims)) signer.setExpirationTime('5m');
  return signer.sign(privateKey);
}

export async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  const response = await fetch(`${server.url}/api/notes`, { method: 'POST', body, headers });
  return outcome(response);
}

export async function outcome(response: Response) {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  const body = isProblem
    ? ((await response.json()) as { type: string; errors?: { pointer: string; code: string }[] })
    : undefined;
  const slug = body?.type.split('/').pop();
  const errors = body?.errors?.map(({ pointer, code }) => `${pointer} ${code}`);
  return { status: response.status, ...(slug && { slug }), ...(errors && { errors }) };
}

export const id = '0190b5f0-0000-7000-8000-000000000001';
export const good = '{"text":"hello","quantity":2}';

/** Sends bytes and gives back what comes until the connection ends. */
export function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('\r\n\r\n')) socket.end();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', () => resolve(answer));
    socket.write(bytes);
  });
}
