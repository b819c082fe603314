import { eventStream, refuseForeignPage } from '@millrace/runtime/event-stream.ts';
import { openKeyring } from '@millrace/runtime/keyring.ts';
import { cutPage, pageOf, pageQuery, readCursor } from '@millrace/runtime/paging.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, empty, json } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import { z } from 'zod';
import type { NotificationConfig } from './config.ts';
import type { Live } from './live.ts';
import { findNotice, listNotices, markRead } from './notice-store.ts';
import { noticeView, viewOf } from './notice-view.ts';

const noticeId = z.strictObject({ id: z.uuid().transform((id) => id.toLowerCase()) });
const position = z.tuple([z.iso.datetime(), z.uuid()]);

/** Everybody's own notices. */
export function notificationRoutes(own: Workload<NotificationConfig>, live: Live): Route[] {
  return [listRoute(own), liveRoute(own, live), oneRoute(own), readRoute(own)];
}

function listRoute(own: Workload<NotificationConfig>): Route {
  const { database } = own;
  const signingKeys = openKeyring(own, 'SIGNING_KEY');
  return defineRoute({
    method: 'GET',
    path: '/api/notifications',
    operationId: 'listNotices',
    summary: "Lists the caller's notices, the newest first.",
    policy: 'person',
    query: pageQuery,
    responses: { 200: { description: 'A page of notices.', schema: pageOf(noticeView) } },
    handle: async ({ query, subject }) => {
      const recipient = userIdOf(subject);
      const use = { signingKeys, purpose: `notices:${recipient}` };
      const place = await readCursor(query.cursor, position, use);
      const after = place && { createdAt: new Date(place[0]), id: place[1] };
      const rows = await listNotices(database.db, { recipient, after, limit: query.limit + 1 });
      const page = cutPage(rows, query.limit, { ...use, positionOf: (row) => [row.createdAt.toISOString(), row.id] });
      return json(200, { items: page.rows.map(viewOf), nextCursor: page.nextCursor });
    },
  });
}

function liveRoute({ random }: Workload<NotificationConfig>, live: Live): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/notifications/live',
    operationId: 'watchNotices',
    summary: "Streams the caller's new notices: events `notice`, each with a notice as its data.",
    policy: 'person',
    responses: { 200: { description: 'Events, until either side ends it.', type: 'text/event-stream' } },
    handle: async ({ subject, headers, signal }) => {
      refuseForeignPage(headers);
      return eventStream((reader) => live.watch(userIdOf(subject), reader), { random, signal });
    },
  });
}

function oneRoute({ database }: Workload<NotificationConfig>): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/notifications/:id',
    operationId: 'readNotice',
    summary: "Reads one of the caller's notices.",
    policy: 'person',
    params: noticeId,
    responses: { 200: { description: 'The notice.', schema: noticeView } },
    handle: async ({ params, subject }) => {
      const notice = await findNotice(database.db, { id: params.id, recipient: userIdOf(subject) });
      if (!notice) throw nothingHere();
      return json(200, viewOf(notice));
    },
  });
}

function readRoute({ database, clock }: Workload<NotificationConfig>): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/notifications/:id/read',
    operationId: 'markNoticeRead',
    summary: 'Notes that the caller has read a notice; the first time counts.',
    policy: 'person',
    params: noticeId,
    responses: { 204: { description: 'Noted.' } },
    handle: async ({ params, subject }) => {
      const read = { id: params.id, recipient: userIdOf(subject), at: clock.now() };
      if (!(await markRead(database.db, read))) throw nothingHere();
      return empty(204);
    },
  });
}

const nothingHere = (): Problem => new Problem(404, 'not-found', 'There is nothing here.');
