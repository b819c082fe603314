import { Problem } from '@millrace/runtime/problem.ts';
import type { HeaderReader, Route } from '@millrace/runtime/route.ts';
import { defineRoute, json, text } from '@millrace/runtime/route.ts';
import { userIdOf } from '@millrace/runtime/subject-id.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import { historyPage, historyPolicy, historyStyle, historyStylePath } from './history-page.ts';
import { historyOf, historyView, oneOrder } from './order.ts';
import { findOrder, listMoves } from './order-store.ts';

/** Only repeats of a refund make a history long; the newest are shown. */
const maxMoves = 500;
const pageType = 'text/html';

/** What happened to an order, for programs and for people. */
export function historyRoutes(own: Workload<OrderConfig>): Route[] {
  return [styleRoute(), historyRoute(own)];
}

function styleRoute(): Route {
  return defineRoute({
    method: 'GET',
    path: historyStylePath,
    operationId: 'historyStyle',
    summary: 'The style sheet of the page of a history.',
    policy: 'public',
    responses: { 200: { description: 'The style sheet.', type: 'text/css' } },
    handle: async () => text(200, 'text/css; charset=utf-8', historyStyle),
  });
}

function historyRoute(own: Workload<OrderConfig>): Route {
  const { sql } = own.database;
  return defineRoute({
    method: 'GET',
    path: '/api/orders/:id/history',
    operationId: 'readHistory',
    summary: 'Every move of an order. With Accept: text/html a page with the diagram of all moves.',
    policy: 'person',
    params: oneOrder,
    responses: { 200: { description: 'The history.', schema: historyView, alsoAs: [pageType] } },
    handle: async ({ params: { id }, subject, headers }) => {
      const order = await findOrder(sql, { id, userId: userIdOf(subject) });
      if (!order) throw new Problem(404, 'not-found', 'There is nothing here.');
      const moves = await listMoves(sql, { orderId: id, limit: maxMoves });
      const vary = { vary: 'Accept' };
      if (!wantsPage(headers)) return json(200, historyOf(order, moves), vary);
      const page = historyPage(order, moves);
      return text(200, `${pageType}; charset=utf-8`, page, { ...vary, 'content-security-policy': historyPolicy });
    },
  });
}

/** Browsers name text/html and not JSON. Who names both gets what stands first. */
function wantsPage(headers: HeaderReader): boolean {
  const named = (headers.get('accept') ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.split(';')[0]?.trim());
  const [page, program] = [named.indexOf(pageType), named.indexOf('application/json')];
  return page >= 0 && (program < 0 || page < program);
}
