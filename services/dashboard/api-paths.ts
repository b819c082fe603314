import { Problem } from '@millrace/runtime/problem.ts';

export const apiNames = ['analytics', 'users', 'products', 'orders', 'payments', 'notifications'] as const;
/** An API by the first part of its path below `/api`. */
export type ApiName = (typeof apiNames)[number];

interface Rule {
  methods: readonly string[];
  /** Answers GET without a session too. */
  isPublic?: true;
}

/** What the page may call, and nothing else: the APIs have routes that are not for browsers. */
const rules: Record<string, Rule> = {
  '/analytics/sites': { methods: ['GET', 'POST'] },
  '/analytics/stats': { methods: ['GET'] },
  '/analytics/breakdown': { methods: ['GET'] },
  '/analytics/live': { methods: ['GET'] },
  '/analytics/shop': { methods: ['GET'] },
  '/users/me': { methods: ['GET', 'PUT', 'DELETE'] },
  '/users/me/loyalty': { methods: ['GET'] },
  '/users/me/avatar': { methods: ['POST'] },
  '/products': { methods: ['GET', 'POST'], isPublic: true },
  '/products/all': { methods: ['GET'] },
  '/products/recommendations': { methods: ['GET'] },
  '/products/{id}': { methods: ['GET', 'PATCH'], isPublic: true },
  '/products/{id}/stock': { methods: ['POST'] },
  '/products/{id}/image': { methods: ['POST'] },
  '/orders': { methods: ['GET', 'POST'] },
  '/orders/{id}': { methods: ['GET'] },
  '/orders/{id}/history': { methods: ['GET'] },
  '/orders/{id}/cancel': { methods: ['POST'] },
  '/payments': { methods: ['GET'] },
  '/payments/attention': { methods: ['GET'] },
  '/notifications': { methods: ['GET'] },
  '/notifications/live': { methods: ['GET'] },
  '/notifications/{id}': { methods: ['GET'] },
  '/notifications/{id}/read': { methods: ['POST'] },
};

const idSegment = /\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\/|$)/i;

/** The path with `{id}` in the place of an id: one name for all of them. Nothing for a path that is not on the list. */
export function templateOf(path: string): string | undefined {
  const template = path.replace(idSegment, '/{id}');
  return Object.hasOwn(rules, template) ? template : undefined;
}

/** @throws Problem 404 for a path that is not on the list, 405 for its wrong method. */
export function checkAllowed(path: string, method: string): { api: ApiName; isPublic: boolean } {
  const template = templateOf(path);
  const rule = template === undefined ? undefined : rules[template];
  const api = apiNames.find((name) => name === path.split('/')[1]);
  if (!rule || !api) throw new Problem(404, 'not-found', 'There is nothing here.');
  const isRead = method === 'GET' || method === 'HEAD';
  if (rule.methods.includes(isRead ? 'GET' : method)) return { api, isPublic: isRead && rule.isPublic === true };
  const allow = rule.methods.join(', ');
  throw new Problem(405, 'method-not-allowed', `This takes ${allow}.`, { headers: { allow } });
}
