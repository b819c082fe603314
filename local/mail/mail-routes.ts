import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json, text } from '@millrace/runtime/route.ts';
import { z } from 'zod';
import type { MailFaults } from './mail-faults.ts';
import { faultKinds } from './mail-faults.ts';
import { foreignHeaders, listPage, mailPage, pageHeaders, pageStyle, root } from './mail-page.ts';
import type { MailFacts, MailStore } from './mail-store.ts';
import type { ReadMail } from './read-mail.ts';
import { readMail } from './read-mail.ts';

const mailsOfPage = 50;
const html = 'text/html; charset=utf-8';
const mailId = z.strictObject({ id: z.uuid() });
const address = z.string().trim().max(254);
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

interface Parts {
  store: MailStore;
  faults: MailFaults;
}

/** The page for people and the API for tests. Only for callers who name this machine. */
export function mailRoutes(parts: Parts): Route[] {
  const routes = [...pages(parts), ...mailViews(parts), ...apiRoutes(parts), ...faultRoutes(parts)];
  return routes.map((route) => ({
    ...route,
    handle: (request) => {
      // A page of another name that resolves to this machine (DNS rebinding) reads no mail.
      if (!loopbackHost.test(request.headers.get('host') ?? '')) throw nothingHere();
      return route.handle(request);
    },
  }));
}

function pages({ store }: Parts): Route[] {
  const style = { 'cache-control': 'max-age=300' };
  return [
    defineRoute({
      method: 'GET',
      path: root,
      operationId: 'mailList',
      summary: 'The mails that came, for a person.',
      policy: 'public',
      query: z.strictObject({ to: address.optional(), before: z.uuid().optional() }),
      responses: { 200: { description: 'The page.', type: 'text/html' } },
      handle: async ({ query }) => {
        const { to = '', before } = query;
        const found = store.list({ to: to || undefined, before, limit: mailsOfPage + 1 });
        const mails = found.slice(0, mailsOfPage);
        const nextBefore = found.length > mailsOfPage ? (mails.at(-1)?.id ?? null) : null;
        return text(200, html, listPage({ mails, to, nextBefore }), pageHeaders);
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${root}/mail.css`,
      operationId: 'mailStyle',
      summary: 'The style of the page.',
      policy: 'public',
      responses: { 200: { description: 'The style.', type: 'text/css' } },
      handle: async () => text(200, 'text/css; charset=utf-8', pageStyle, style),
    }),
  ];
}

/** One mail, in three ways. */
function mailViews(parts: Parts): Route[] {
  const view = (
    part: { path: string; operationId: string; type: string; headers: Record<string, string> },
    show: (facts: MailFacts, mail: ReadMail, raw: Buffer) => string | Buffer | null,
  ): Route =>
    defineRoute({
      method: 'GET',
      path: `${root}/messages/:id${part.path}`,
      operationId: part.operationId,
      summary: 'One mail.',
      policy: 'public',
      params: mailId,
      responses: { 200: { description: 'The mail.', type: part.type.split(';')[0] ?? part.type } },
      handle: async ({ params }) => {
        const { facts, raw, mail } = await findMail(parts, params.id);
        const shown = show(facts, mail, raw);
        if (shown === null) throw nothingHere();
        return text(200, part.type, shown, part.headers);
      },
    });
  const plain = 'text/plain; charset=utf-8';
  return [
    view({ path: '', operationId: 'mailPage', type: html, headers: pageHeaders }, mailPage),
    view({ path: '/html', operationId: 'mailHtml', type: html, headers: foreignHeaders }, (_, mail) => mail.html),
    view({ path: '/raw', operationId: 'mailRaw', type: plain, headers: foreignHeaders }, (_, __, raw) => raw),
  ];
}

const factsView = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  messageId: z.string().nullable(),
  bytes: z.int(),
});
const mailView = factsView.extend({
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  text: z.string().nullable(),
  html: z.string().nullable(),
});

function apiRoutes(parts: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: `${root}/api/messages`,
      operationId: 'listMails',
      summary: 'The mails that came, the newest first; `to` names one recipient.',
      policy: 'public',
      query: z.strictObject({
        to: address.min(1).optional(),
        before: z.uuid().optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
      }),
      responses: { 200: { description: 'The mails.', schema: z.object({ items: z.array(factsView) }) } },
      handle: async ({ query: { to, before, limit } }) => json(200, { items: parts.store.list({ to, before, limit }) }),
    }),
    defineRoute({
      method: 'GET',
      path: `${root}/api/messages/:id`,
      operationId: 'readMail',
      summary: 'One mail with its header, text and HTML.',
      policy: 'public',
      params: mailId,
      responses: { 200: { description: 'The mail.', schema: mailView } },
      handle: async ({ params }) => {
        const { facts, mail } = await findMail(parts, params.id);
        return json(200, { ...facts, headers: mail.headers, text: mail.text, html: mail.html });
      },
    }),
  ];
}

function faultRoutes({ faults }: Parts): Route[] {
  const left = z.object(Object.fromEntries(faultKinds.map((kind) => [kind, z.int()])));
  const place = { path: `${root}/api/faults`, policy: 'public' } as const;
  const responses = { 200: { description: 'What the next mails meet.', schema: left } };
  return [
    defineRoute({
      ...place,
      method: 'GET',
      operationId: 'listFaults',
      summary: 'What the next mails meet.',
      responses,
      handle: async () => json(200, faults.left()),
    }),
    defineRoute({
      ...place,
      method: 'POST',
      operationId: 'setFault',
      summary: 'Lets the next `count` mails fail; 0 ends it.',
      body: { schema: z.strictObject({ kind: z.enum(faultKinds), count: z.int().min(0).max(10_000) }) },
      responses,
      handle: async ({ body }) => {
        faults.set(body.kind, body.count);
        return json(200, faults.left());
      },
    }),
  ];
}

async function findMail({ store }: Parts, id: string): Promise<{ facts: MailFacts; raw: Buffer; mail: ReadMail }> {
  const found = await store.find(id);
  if (!found) throw nothingHere();
  return { ...found, mail: await readMail(found.raw) };
}

const nothingHere = (): Problem => new Problem(404, 'not-found', 'There is no such mail.');
