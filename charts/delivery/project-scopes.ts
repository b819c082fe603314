import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { platformNamespaces } from '@millrace/catalog/profiles.ts';
import type { Service, Workload } from '@millrace/catalog/service.ts';

/** A kind as an AppProject names it: `apps/Deployment`, `/ConfigMap`. */
export type GroupKind = `${string}/${string}`;

/** What an Argo CD AppProject may apply: which namespaces, and which kinds in them and in the cluster. */
export interface ProjectScope {
  name: string;
  namespaces: readonly string[];
  namespacedKinds: readonly GroupKind[];
  clusterKinds: readonly GroupKind[];
}

/** The cluster's own parts, which no service's project may touch. */
export const clusterScope: ProjectScope = {
  name: 'cluster',
  namespaces: ['aws-observability', 'millrace-policy'],
  namespacedKinds: ['/ConfigMap'],
  clusterKinds: [
    '/Namespace',
    'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
    'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
    'scheduling.k8s.io/PriorityClass',
  ],
};

/** The namespace of Argo CD and of all that it is told. */
export const argoNamespace = 'argocd';

/** What Argo CD is told: projects and Applications, from Git alone. */
export const platformScope: ProjectScope = {
  name: 'platform',
  namespaces: [argoNamespace],
  namespacedKinds: ['argoproj.io/AppProject', 'argoproj.io/Application', 'argoproj.io/ApplicationSet'],
  clusterKinds: [],
};

/** Argo CD itself and the add-ons, from charts of others: the only project that may bring rights, secrets and definitions. */
export const addOnScope: ProjectScope = {
  name: 'add-ons',
  namespaces: platformNamespaces,
  namespacedKinds: [
    '/ConfigMap',
    '/Secret',
    '/Service',
    '/ServiceAccount',
    'apps/Deployment',
    'apps/StatefulSet',
    'batch/Job',
    'networking.k8s.io/Ingress',
    'networking.k8s.io/NetworkPolicy',
    'policy/PodDisruptionBudget',
    'rbac.authorization.k8s.io/Role',
    'rbac.authorization.k8s.io/RoleBinding',
  ],
  clusterKinds: [
    '/Namespace',
    'admissionregistration.k8s.io/MutatingWebhookConfiguration',
    'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
    'apiextensions.k8s.io/CustomResourceDefinition',
    'apiregistration.k8s.io/APIService',
    'elbv2.k8s.aws/IngressClassParams',
    'networking.k8s.io/IngressClass',
    'rbac.authorization.k8s.io/ClusterRole',
    'rbac.authorization.k8s.io/ClusterRoleBinding',
  ],
};

/** The projects of what Git holds: one for each service, with its namespace and the kinds that follow from its facts, and one for the cluster. */
export function projectScopes(services: readonly Service[], environment: EnvironmentName): ProjectScope[] {
  const own = services.map((service) => ({
    name: service.name,
    namespaces: [service.name],
    namespacedKinds: kindsOf(service, environment),
    clusterKinds: ['/Namespace'] as const,
  }));
  return [...own, clusterScope];
}

/** No Secret, no RBAC, nothing that the service's facts do not ask for. */
function kindsOf(service: Service, environment: EnvironmentName): GroupKind[] {
  const workloads = Object.entries(service.workloads);
  const consumes = (name: string): boolean => service.consumes.some(({ workload }) => workload === name);
  const scalesOn = (key: string): boolean =>
    workloads.some(([name, { scaleOn }]) => scaleOn && key in scaleOn && (key === 'cpuPercent' || consumes(name)));
  const isCanary = ({ canary = [] }: Workload): boolean => canary.includes(environment);
  const hasCanary = workloads.some(([, workload]) => isCanary(workload));
  const kinds: Record<GroupKind, boolean> = {
    '/ConfigMap': true,
    '/Service': true,
    '/ServiceAccount': true,
    'apps/Deployment': workloads.some(([, workload]) => !isCanary(workload)),
    'argoproj.io/AnalysisTemplate': hasCanary,
    'argoproj.io/Rollout': hasCanary,
    'autoscaling/HorizontalPodAutoscaler': scalesOn('cpuPercent'),
    'batch/Job': true,
    'keda.sh/ScaledObject': scalesOn('queueDepth'),
    'keda.sh/TriggerAuthentication': scalesOn('queueDepth'),
    'networking.k8s.io/Ingress': workloads.some(([, { routes = [] }]) => routes.length > 0),
    'networking.k8s.io/NetworkPolicy': true,
    'policy/PodDisruptionBudget': workloads.some(([, { replicas }]) => replicas[environment] >= 2),
    'vpcresources.k8s.aws/SecurityGroupPolicy': true,
  };
  return (Object.keys(kinds) as GroupKind[]).filter((kind) => kinds[kind]);
}
