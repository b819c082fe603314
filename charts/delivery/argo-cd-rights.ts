import { environmentNames } from '@millrace/catalog/environments.ts';
import type { Service } from '@millrace/catalog/service.ts';
import type { GroupKind } from './project-scopes.ts';
import { addOnScope, platformScope, projectScopes } from './project-scopes.ts';

/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  apiGroups: readonly string[];
  resources: readonly string[];
  verbs: readonly string[];
}

/** The name of a kind's resource where it is not the kind with an s. */
const irregular: Record<string, string> = {
  IngressClassParams: 'ingressclassparams',
  NetworkPolicy: 'networkpolicies',
  SecurityGroupPolicy: 'securitygrouppolicies',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  Ingress: 'ingresses',
  IngressClass: 'ingressclasses',
  PriorityClass: 'priorityclasses',
};

/**
 * What Argo CD's application controller may do in a cluster: read everything, because it compares and watches; write only the
 * kinds that some project of ours may apply. Where it writes, the projects say. It may give rights that it has not itself
 * (escalate, bind), because the add-ons' charts bring Roles: who holds it holds the cluster, as with every installer.
 */
export function argoCdRules(services: readonly Service[]): PolicyRule[] {
  const scopes = environmentNames.flatMap((environment) => projectScopes(services, environment));
  const kinds = [platformScope, addOnScope, ...scopes].flatMap(({ namespacedKinds, clusterKinds }) => [
    ...namespacedKinds,
    ...clusterKinds,
  ]);
  const groups = Map.groupBy([...new Set(kinds)].sort(), (kind) => kind.slice(0, kind.indexOf('/')));
  return [
    { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
    ...[...groups].map(([group, own]) => ({
      apiGroups: [group],
      resources: own.map(resourceOf),
      verbs: ['create', 'delete', 'patch', 'update'],
    })),
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles', 'roles'],
      verbs: ['bind', 'escalate'],
    },
  ];
}

/**
 * What Argo CD's server may do in the cluster for the person who looks: show objects and logs, and end or promote a canary.
 * Applications it keeps by a Role in its own namespace.
 */
export const argoCdServerRules: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: ['argoproj.io'], resources: ['rollouts', 'rollouts/status'], verbs: ['patch'] },
];

function resourceOf(groupKind: GroupKind): string {
  const kind = groupKind.slice(groupKind.indexOf('/') + 1);
  return irregular[kind] ?? `${kind.toLowerCase()}s`;
}
