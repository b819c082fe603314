import { environments } from '@millrace/catalog/environments.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import { asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import type { Backend } from './ingress-actions.ts';
import { backendsOf } from './ingress-actions.ts';
import { faultOf, isObject, namespaceOf, ofKind } from './objects.ts';

interface IngressPath {
  ingress: Manifest;
  host: string;
  path: string;
  isPrefix: boolean;
  backend: string;
  port: unknown;
  /** The load balancer tries rules by the group's order. */
  order: number;
}

const orderAnnotation = 'alb.ingress.kubernetes.io/group.order';

function pathsOf(set: RenderedEnvironment): IngressPath[] {
  return ofKind(set, 'Ingress').flatMap((ingress) =>
    asMaps(fieldOf(ingress, 'spec', 'rules')).flatMap((rule) =>
      asMaps(fieldOf(rule, 'http', 'paths')).map((entry) => ({
        ingress,
        host: asText(rule['host']) ?? '*',
        path: asText(entry['path']) ?? '/',
        isPrefix: entry['pathType'] !== 'Exact',
        backend: asText(fieldOf(entry, 'backend', 'service', 'name')) ?? '',
        port:
          fieldOf(entry, 'backend', 'service', 'port', 'number') ??
          fieldOf(entry, 'backend', 'service', 'port', 'name'),
        order: Number(ingress.metadata.annotations?.[orderAnnotation] ?? 0),
      })),
    ),
  );
}

/** X801 to X804: no path is taken twice or hidden by a wider one, each has a Service, and they are the catalog's routes. */
export function ingressRoutes(set: RenderedEnvironment): Fault[] {
  const paths = pathsOf(set);
  return [
    ...paths.flatMap((entry) => conflictFaults(set, entry, paths)),
    ...paths.flatMap((entry) => backendFaults(set, entry)),
    ...catalogFaults(set, paths),
  ];
}

function conflictFaults(set: RenderedEnvironment, entry: IngressPath, all: readonly IngressPath[]): Fault[] {
  const others = all.filter((other) => other !== entry && other.host === entry.host);
  const same = others.find((other) => other.path === entry.path && other.isPrefix === entry.isPrefix);
  const at = `spec.rules ${entry.path}`;
  if (same) {
    const message = `${same.ingress.metadata.name} has this path too. One path has one owner.`;
    return [faultOf(set, entry.ingress, { code: 'X801', at, message })];
  }
  const wider = others.find((other) => other.isPrefix && covers(other.path, entry.path) && !isTriedAfter(other, entry));
  if (!wider) return [];
  const message = `${wider.path} of ${wider.ingress.metadata.name} is tried first and takes it. Give the wider path a higher group.order.`;
  return [faultOf(set, entry.ingress, { code: 'X802', at, message })];
}

/** In one Ingress the controller puts exact paths first, then the longest prefix; between Ingresses the order decides. */
function isTriedAfter(wider: IngressPath, narrower: IngressPath): boolean {
  return wider.ingress === narrower.ingress || wider.order > narrower.order;
}

/** Does a prefix take every path of another? Kubernetes compares whole segments. */
function covers(prefix: string, path: string): boolean {
  const bare = prefix.replace(/\/$/, '');
  return path === bare || path.startsWith(`${bare}/`);
}

function backendFaults(set: RenderedEnvironment, { ingress, path, backend, port }: IngressPath): Fault[] {
  const at = `spec.rules ${path}`;
  const backends = backendsOf(ingress, { service: backend, port });
  if (backends.length === 0) {
    const message = `no annotation says where its requests go. Write alb.ingress.kubernetes.io/actions.${backend}, a forward to Services.`;
    return [faultOf(set, ingress, { code: 'X803', at, message })];
  }
  return backends.flatMap((each) => missingFaults(set, { ingress, at, backend: each }));
}

function missingFaults(
  set: RenderedEnvironment,
  { ingress, at, backend: { service: name, port } }: { ingress: Manifest; at: string; backend: Backend },
): Fault[] {
  const namespace = namespaceOf(ingress);
  const service = set.manifests.find((manifest) => isObject(manifest, { kind: 'Service', namespace, name }));
  const ports = asMaps(fieldOf(service, 'spec', 'ports'));
  if (ports.some((entry) => entry['port'] === port || entry['name'] === port)) return [];
  const what = service ? `Service ${name} has no port ${String(port)}` : `there is no Service ${name}`;
  const message = `${what}. Write one of ${namespace} and its port.`;
  return [faultOf(set, ingress, { code: 'X803', at, message })];
}

/** The Ingresses say what the catalog says: these paths, this host, and no more. */
function catalogFaults(set: RenderedEnvironment, paths: readonly IngressPath[]): Fault[] {
  const { domain } = environments[set.environment];
  const text = ({ ingress, path, isPrefix }: IngressPath): string =>
    `${namespaceOf(ingress)} ${isPrefix ? `${path.replace(/\/$/, '')}/*` : path}`;
  const wanted = set.services
    .filter(({ name }) => name in set.release.pins)
    .flatMap(({ name, workloads }) =>
      Object.values(workloads).flatMap(({ routes = [] }) => routes.map((route) => `${name} ${route}`)),
    );
  const found = paths.map(text);
  return [
    ...paths
      .filter((entry) => entry.host !== domain || !wanted.includes(text(entry)))
      .map((entry) => {
        const message = `${entry.host}${entry.path} is not in the catalog. Write ${domain} and a route of ${namespaceOf(entry.ingress)}.`;
        return faultOf(set, entry.ingress, { code: 'X804', at: `spec.rules ${entry.path}`, message });
      }),
    ...wanted
      .filter((route) => !found.includes(route))
      .map((route) => ({
        place: `catalog/services.ts ${route.split(' ')[0]}.workloads`,
        code: 'X804',
        message: `no Ingress in ${set.environment} has ${route.split(' ')[1]}. Render it, or take the route away.`,
      })),
  ];
}
