import { environments } from '@millrace/catalog/environments.ts';
import { isCanary } from '@millrace/catalog/service.ts';
import { ApiObject, JsonPatch } from 'cdk8s';
import type { Service as NetworkService } from 'cdk8s-plus-29';
import { HttpIngressPathType, Ingress, IngressBackend } from 'cdk8s-plus-29';
import { edgeAnnotations } from './edge-annotations.ts';
import type { Place } from './place.ts';
import { metadataOf } from './place.ts';
import { targetServicesOf } from './rollout.ts';
import { port } from './variables.ts';

/** Rules of a load balancer are tried in this order, so that `/*` gets what nobody else takes. */
const order = { named: 100, everything: 900 } as const;

/** The name of a backend's port by which the load balancer's controller reads an annotation instead of a Service. */
const fromAnnotation = 'use-annotation';

/**
 * A service's paths on the one load balancer that all Ingresses of the group share. A Rollout does not start without its
 * Ingress, so that a canary's comes in the same wave.
 */
export function addIngress(place: Place, backends: ReadonlyMap<string, NetworkService>): void {
  const { service, environment } = place;
  const routes = Object.entries(service.workloads).flatMap(([name, workload]) =>
    (workload.routes ?? []).map((route) => ({ name, route, hasCanary: isCanary(workload, environment) })),
  );
  if (routes.length === 0) return;
  const canaries = new Set(routes.flatMap(({ name, hasCanary }) => (hasCanary ? [`${service.name}-${name}`] : [])));
  const ingress = new Ingress(place.chart, 'ingress', {
    className: 'alb',
    metadata: metadataOf(place, {
      name: service.name,
      wave: canaries.size > 0 ? 'workload' : 'scaling',
      annotations: { ...annotationsOf(place, routes), ...actionsOf([...canaries]) },
    }),
  });
  for (const { name, route } of routes) {
    const backend = backends.get(name);
    if (!backend) continue;
    const { path, type } = pathOf(route);
    ingress.addHostRule(environments[environment].domain, path, IngressBackend.fromService(backend), type);
  }
  if (canaries.size > 0) readActions(ApiObject.of(ingress), canaries);
}

/**
 * Where the requests of each canary go as long as the rollouts controller has not written it: this Ingress must be right
 * before there is a Rollout. Argo CD leaves alone what stands there later.
 */
function actionsOf(names: readonly string[]): Record<string, string> {
  const actions = names.map((name) => {
    const { ping, pong } = targetServicesOf(name);
    const group = (service: string, weight: number): object => ({
      ServiceName: service,
      ServicePort: String(port),
      Weight: weight,
    });
    const action = { Type: 'forward', ForwardConfig: { TargetGroups: [group(pong, 0), group(ping, 100)] } };
    return [`alb.ingress.kubernetes.io/actions.${name}`, JSON.stringify(action)];
  });
  return Object.fromEntries(actions);
}

/** cdk8s-plus knows the port of a backend by its number only. */
function readActions(ingress: ApiObject, names: ReadonlySet<string>): void {
  const { spec } = ingress.toJson() as { spec: { rules: { http: { paths: Path[] } }[] } };
  spec.rules.forEach(({ http }, rule) => {
    http.paths.forEach(({ backend }, path) => {
      if (!names.has(backend.service.name)) return;
      const at = `/spec/rules/${rule}/http/paths/${path}/backend/service/port`;
      ingress.addJsonPatch(JsonPatch.replace(at, { name: fromAnnotation }));
    });
  });
}

interface Path {
  backend: { service: { name: string } };
}

/** `/x/*` is everything below /x, `/*` is everything, all else is exact. */
function pathOf(route: string): { path: string; type: HttpIngressPathType } {
  if (!route.endsWith('/*')) return { path: route, type: HttpIngressPathType.EXACT };
  return { path: route.slice(0, -1), type: HttpIngressPathType.PREFIX };
}

function annotationsOf(place: Place, routes: readonly { route: string }[]): Record<string, string> {
  const position = routes.some(({ route }) => route === '/*') ? order.everything : order.named;
  return edgeAnnotations(place.platform.edge, { order: position, healthPath: '/readyz' });
}
