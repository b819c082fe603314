import { environments } from '@millrace/catalog/environments.ts';
import type { Service as NetworkService } from 'cdk8s-plus-29';
import { HttpIngressPathType, Ingress, IngressBackend } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { metadataOf } from './place.ts';

/** Rules of a load balancer are tried in this order, so that `/*` gets what nobody else takes. */
const order = { named: 100, everything: 900 } as const;

/** A service's paths on the one load balancer that all Ingresses of the group share. */
export function addIngress(place: Place, backends: ReadonlyMap<string, NetworkService>): void {
  const { service, environment } = place;
  const routes = Object.entries(service.workloads).flatMap(([name, workload]) =>
    (workload.routes ?? []).map((route) => ({ name, route })),
  );
  if (routes.length === 0) return;
  const ingress = new Ingress(place.chart, 'ingress', {
    className: 'alb',
    metadata: metadataOf(place, { name: service.name, wave: 'scaling', annotations: annotationsOf(place, routes) }),
  });
  for (const { name, route } of routes) {
    const backend = backends.get(name);
    if (!backend) continue;
    const { path, type } = pathOf(route);
    ingress.addHostRule(environments[environment].domain, path, IngressBackend.fromService(backend), type);
  }
}

/** `/x/*` is everything below /x, `/*` is everything, all else is exact. */
function pathOf(route: string): { path: string; type: HttpIngressPathType } {
  if (!route.endsWith('/*')) return { path: route, type: HttpIngressPathType.EXACT };
  return { path: route.slice(0, -1), type: HttpIngressPathType.PREFIX };
}

function annotationsOf(place: Place, routes: readonly { route: string }[]): Record<string, string> {
  const { edge } = place.platform;
  const position = routes.some(({ route }) => route === '/*') ? order.everything : order.named;
  const annotations = {
    'group.name': 'millrace',
    'group.order': String(position),
    scheme: 'internet-facing',
    'target-type': 'ip',
    'listen-ports': '[{"HTTP":80},{"HTTPS":443}]',
    'ssl-redirect': '443',
    'ssl-policy': edge.sslPolicy,
    'certificate-arn': edge.certificateArn,
    // Said in each Ingress: controllers up to 2.8.1 took the WAF away when it was absent.
    'wafv2-acl-arn': edge.wafAclArn,
    'security-groups': edge.loadBalancerSecurityGroupId,
    // Terraform opens the pods' groups to the load balancer's; the controller changes no rules.
    'manage-backend-security-group-rules': 'false',
    'load-balancer-attributes': pairs({
      'access_logs.s3.bucket': edge.accessLogBucket,
      'access_logs.s3.enabled': 'true',
      'idle_timeout.timeout_seconds': '60',
      'routing.http.drop_invalid_header_fields.enabled': 'true',
    }),
    // Shorter than the pods' preStop sleep, so that a pod outlives its last request.
    'target-group-attributes': pairs({ 'deregistration_delay.timeout_seconds': '10' }),
    'backend-protocol': 'HTTP',
    'healthcheck-protocol': 'HTTP',
    'healthcheck-path': '/readyz',
    'healthcheck-interval-seconds': '10',
    'healthcheck-timeout-seconds': '5',
    'healthy-threshold-count': '2',
    'unhealthy-threshold-count': '2',
    'success-codes': '200',
  };
  return Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [`alb.ingress.kubernetes.io/${name}`, value]),
  );
}

const pairs = (attributes: Record<string, string>): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
