import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { z } from 'zod';
import { BodyFault, readBody } from '../outside/body.ts';
import type { Listener } from '../outside/listener.ts';
import { listenOn } from '../outside/listener.ts';
import { clusterState } from './cluster-state.ts';
import { behaviours, digestForm } from './image-behaviour.ts';
import type { PatchDayReport } from './patch-day.ts';
import { playPatchDay } from './patch-day.ts';
import type { World } from './world.ts';

const maxBytes = 4_096;
const receiveDeadlineMs = 10_000;
const longestPatchMs = 600_000;
const routes = 'GET /readyz, GET /state, PUT /images/{digest}, DELETE /images, GET /patch-day, POST /patch-day';

const imageForm = z.strictObject({ behaviour: z.enum(behaviours) });
const patchForm = z.strictObject({
  zones: z
    .array(z.string().regex(/^[a-z]$/, 'write letters, such as "a"'))
    .min(1)
    .max(26)
    .optional(),
  deadlineMs: z.int().min(0).max(longestPatchMs).default(60_000),
});

interface Answer {
  status: number;
  body: unknown;
}

export interface ControlOptions {
  port: number;
  world: World;
  /** Whether pods and nodes are known. */
  isReady: () => boolean;
  /** An image behaves otherwise from now on. */
  onImages: () => void;
}

/** The control API on 127.0.0.1: what runs, how images behave, and patch days. */
export function startControl(options: ControlOptions): Promise<Listener> {
  const days: PatchDays = { running: false, last: undefined };
  const server = createServer({ requestTimeout: receiveDeadlineMs }, (request, response) => {
    answer(request, options, days).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => {
        const status = error instanceof BodyFault ? error.status : 500;
        send(response, status, { error: error instanceof Error ? error.message : String(error) });
      },
    );
  });
  return listenOn(server, { port: options.port });
}

interface PatchDays {
  running: boolean;
  last: PatchDayReport | undefined;
}

async function answer(request: IncomingMessage, options: ControlOptions, days: PatchDays): Promise<Answer> {
  // A web page in a browser on this machine reaches 127.0.0.1 too; it names a host of its own, or its origin.
  if (request.headers.origin !== undefined || !/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
    return { status: 403, body: { error: 'this API is for programs on this machine' } };
  }
  const { world, isReady, onImages } = options;
  const { pathname } = new URL(request.url ?? '/', 'http://control');
  const route = `${request.method} ${pathname}`;
  switch (route) {
    case 'GET /readyz':
      return isReady() ? { status: 200, body: { status: 'ok' } } : { status: 503, body: { status: 'starting' } };
    case 'GET /state':
      return { status: 200, body: { ...clusterState(world), patchDay: days.last ?? null } };
    case 'GET /patch-day':
      return { status: 200, body: days.last ?? null };
    case 'POST /patch-day':
      return patch(request, options, days);
    case 'DELETE /images':
      world.images.reset();
      onImages();
      return { status: 200, body: {} };
    default:
      return (await setImage(request, { route, world, onImages })) ?? { status: 404, body: { error: routes } };
  }
}

async function setImage(
  request: IncomingMessage,
  { route, world, onImages }: { route: string; world: World; onImages: () => void },
): Promise<Answer | undefined> {
  const encoded = /^PUT \/images\/([^/]{1,200})$/.exec(route)?.[1];
  if (encoded === undefined) return undefined;
  const digest = encoded.replace(/%3a/i, ':');
  if (!digestForm.test(digest)) throw new BodyFault(400, 'write PUT /images/sha256:<64 hex digits>');
  const { behaviour } = formOf(imageForm, await readBody(request, maxBytes));
  world.images.set(digest, behaviour);
  onImages();
  return { status: 200, body: { digest, behaviour } };
}

/** Answers when the day is over. Who hangs up does not end it: GET /patch-day tells of it. */
async function patch(request: IncomingMessage, { world, isReady }: ControlOptions, days: PatchDays): Promise<Answer> {
  const text = await readBody(request, maxBytes);
  const { zones, deadlineMs } = formOf(patchForm, text === '' ? '{}' : text);
  if (!isReady()) return { status: 503, body: { error: 'pods and nodes are not known yet' } };
  const own = [...new Set(world.profiles.flatMap((profile) => profile.zones))].sort();
  const foreign = zones?.find((zone) => !own.includes(zone));
  if (foreign !== undefined) throw new BodyFault(400, `zones: there is no "${foreign}"; there are ${own.join(', ')}`);
  if (days.running) return { status: 409, body: { error: 'a patch day is running: GET /patch-day' } };
  days.running = true;
  try {
    const note = (report: PatchDayReport): void => {
      days.last = report;
    };
    return { status: 200, body: await playPatchDay(world, { zones, deadlineMs }, note) };
  } finally {
    days.running = false;
  }
}

function formOf<Form>(form: z.ZodType<Form>, text: string): Form {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BodyFault(400, 'the body is not JSON');
  }
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new BodyFault(400, `${issue?.path.join('.') || 'the body'}: ${issue?.message}`);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
