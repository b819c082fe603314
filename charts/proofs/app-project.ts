import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import type { Service } from '@millrace/catalog/service.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { faultOf, namespaceOf } from './objects.ts';

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
const clusterScope: ProjectScope = {
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

/** The projects: one for each service, with its namespace and the kinds that follow from its facts, and one for the cluster. */
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
  const kinds: Record<GroupKind, boolean> = {
    '/ConfigMap': true,
    '/Service': true,
    '/ServiceAccount': true,
    'apps/Deployment': true,
    'autoscaling/HorizontalPodAutoscaler': scalesOn('cpuPercent'),
    'batch/Job': service.database !== undefined,
    'keda.sh/ScaledObject': scalesOn('queueDepth'),
    'keda.sh/TriggerAuthentication': scalesOn('queueDepth'),
    'networking.k8s.io/Ingress': workloads.some(([, { routes = [] }]) => routes.length > 0),
    'networking.k8s.io/NetworkPolicy': true,
    'policy/PodDisruptionBudget': workloads.some(([, { replicas }]) => replicas[environment] >= 2),
    'vpcresources.k8s.aws/SecurityGroupPolicy': true,
  };
  return (Object.keys(kinds) as GroupKind[]).filter((kind) => kinds[kind]);
}

/** X501 to X503: the projects cover the kinds and namespaces that are emitted, and nothing more. */
export function appProjects(set: RenderedEnvironment): Fault[] {
  const scopes = projectScopes(set.services, set.environment);
  const faults = set.manifests.flatMap((manifest) => {
    const namespace = homeOf(manifest);
    const scope = namespace === '' ? clusterScope : scopes.find(({ namespaces }) => namespaces.includes(namespace));
    if (!scope) {
      const message = `no project has the namespace ${namespace}. Render into a service's, or add it to charts/proofs/app-project.ts.`;
      return [faultOf(set, manifest, { code: 'X502', message })];
    }
    const allowed = namespaceOf(manifest) === '' ? scope.clusterKinds : scope.namespacedKinds;
    if (allowed.includes(groupKindOf(manifest))) return [];
    const message = `project ${scope.name} may not apply ${groupKindOf(manifest)}. Leave it out, or allow it in charts/proofs/app-project.ts.`;
    return [faultOf(set, manifest, { code: 'X501', message })];
  });
  return [...faults, ...scopes.flatMap((scope) => unusedFaults(set, scope))];
}

/** A kind that nothing emits is a right without a use. A service without a release emits nothing yet. */
function unusedFaults(set: RenderedEnvironment, scope: ProjectScope): Fault[] {
  if (scope !== clusterScope && !(scope.name in set.release.pins)) return [];
  const used = set.manifests.filter((each) => scope.namespaces.includes(homeOf(each))).map(groupKindOf);
  return scope.namespacedKinds
    .filter((kind) => !used.includes(kind))
    .map((kind) => ({
      place: `charts/proofs/app-project.ts ${scope.name}`,
      code: 'X503',
      message: `nothing of ${scope.name} in ${set.environment} is a ${kind}. Take it off the list.`,
    }));
}

/** The namespace that an object lies in; a Namespace lies in itself, the cluster's objects in none. */
const homeOf = (manifest: Manifest): string =>
  manifest.kind === 'Namespace' ? manifest.metadata.name : namespaceOf(manifest);

function groupKindOf({ apiVersion, kind }: Manifest): GroupKind {
  return `${apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''}/${kind}`;
}
