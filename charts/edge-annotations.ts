import type { Platform } from '@millrace/catalog/platform.ts';

/** What all Ingresses of the group say alike, for they share one load balancer; with their own place and health check. */
export function edgeAnnotations(
  edge: Platform['edge'],
  own: { order: number; healthPath: string },
): Record<string, string> {
  const annotations = {
    'group.name': 'millrace',
    'group.order': String(own.order),
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
      // CloudFront alone may call, and writes the visitor's address last; another hop would hide it.
      'routing.http.xff_header_processing.mode': 'preserve',
    }),
    // Shorter than the pods' preStop sleep, so that a pod outlives its last request.
    'target-group-attributes': pairs({ 'deregistration_delay.timeout_seconds': '10' }),
    'backend-protocol': 'HTTP',
    'healthcheck-protocol': 'HTTP',
    'healthcheck-path': own.healthPath,
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
