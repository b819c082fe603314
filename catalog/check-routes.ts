import { secretLook } from './check-secrets.ts';
import type { Fault } from './fault.ts';
import type { Service } from './service.ts';

interface OwnedRoute {
  route: string;
  /** `order.api`: a service and its workload. */
  owner: string;
  place: string;
}

/** The path that takes what nothing else takes. */
const catchAll = '/*';

/** Every route of the catalog with its owner. */
function ownedRoutes(services: readonly Service[]): OwnedRoute[] {
  return services.flatMap((service) =>
    Object.entries(service.workloads).flatMap(([key, workload]) =>
      (workload.routes ?? []).map((route, index) => ({
        route,
        owner: `${service.name}.${key}`,
        place: `${service.name}.workloads.${key}.routes[${index}]`,
      })),
    ),
  );
}

/** A route is a path (E093) and belongs to one workload alone (E092); only the catch-all may lie under others. */
export function routeFaults(services: readonly Service[]): Fault[] {
  const routes = ownedRoutes(services);
  return routes.flatMap((entry, index) => {
    const { place, route } = entry;
    if (!/^\/([a-z0-9._-]+\/)*([a-z0-9._-]+|\*)$/.test(route)) {
      return [{ place, code: 'E093', message: `"${route}" is not a path. Write /a/b or /a/*, in lower case.` }];
    }
    const other = routes.find((each, place) => place !== index && conflicts(each, entry));
    return other ? [{ place, code: 'E092', message: conflictMessage(entry, { other, routes }) }] : [];
  });
}

/** Two routes that some path would match both, unless they are of one workload and differ. */
function conflicts(one: OwnedRoute, other: OwnedRoute): boolean {
  if (one.route === other.route) return true;
  if (one.owner === other.owner || one.route === catchAll || other.route === catchAll) return false;
  return isUnder(one.route, other.route) || isUnder(other.route, one.route);
}

/** Is every path of one route a path of the other, which is a prefix? `/a/*` takes `/a/b` and not `/a`. */
const isUnder = (route: string, prefix: string): boolean =>
  prefix.endsWith('/*') && route.startsWith(prefix.slice(0, -1)) && route !== prefix;

function conflictMessage(entry: OwnedRoute, { other, routes }: { other: OwnedRoute; routes: OwnedRoute[] }): string {
  if (entry.route === other.route && entry.owner === other.owner) {
    return `${entry.route} is written twice in ${entry.owner}. Take one away.`;
  }
  const remedy = `Write ${freeRoute(entry, routes)} or another free path, or take it away from one of the two.`;
  if (entry.route === other.route) return `${entry.route} is ${other.owner}'s too. One path has one owner. ${remedy}`;
  const [wide, narrow] = isUnder(entry.route, other.route) ? [other, entry] : [entry, other];
  return `${narrow.route} (${narrow.owner}) lies under ${wide.route} (${wide.owner}). ${remedy}`;
}

/** A path of the owner's own that conflicts with none: `/api/order-api`, else with a number. */
function freeRoute({ owner, route, place }: OwnedRoute, routes: readonly OwnedRoute[]): string {
  const words = secretLook(owner) ? 'other' : owner.toLowerCase();
  const word = words.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  const ending = route.endsWith('/*') ? '/*' : '';
  for (let count = 1; ; count++) {
    const free = { owner: '', place, route: `/api/${word}${count > 1 ? `-${count}` : ''}${ending}` };
    // Under a prefix of all of /api nothing is free; that prefix is told of at its own place.
    if (!routes.some((each) => each.route !== '/api/*' && conflicts(each, free))) return free.route;
  }
}
