import type { Platform } from '@millrace/catalog/platform.ts';
import { edgeAnnotations } from '../edge-annotations.ts';

/** Before every service's paths: the host is Argo CD's own. */
const groupOrder = 50;
const notFound = 'not-found';

/** Nobody needs to read Argo CD's API in a browser, and Argo CD cannot turn the page off: the load balancer answers for it. */
const closedPaths = ['/swagger-ui', '/swagger.json'];

/** The chart's `server.ingress`: Argo CD behind the load balancer, the web ACL and the certificate of the services. */
export const argoCdIngress = ({ argocd, edge }: Platform): object => ({
  enabled: true,
  ingressClassName: 'alb',
  hostname: argocd.domain,
  path: '/',
  pathType: 'Prefix',
  annotations: {
    ...edgeAnnotations(edge, { order: groupOrder, healthPath: '/healthz' }),
    [`alb.ingress.kubernetes.io/actions.${notFound}`]: JSON.stringify({
      type: 'fixed-response',
      fixedResponseConfig: { contentType: 'text/plain', statusCode: '404', messageBody: 'There is no such page.' },
    }),
  },
  extraPaths: closedPaths.map((path) => ({
    path,
    pathType: 'Prefix',
    backend: { service: { name: notFound, port: { name: 'use-annotation' } } },
  })),
});
