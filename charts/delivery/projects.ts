import { addOns } from '@millrace/catalog/add-ons.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { Service } from '@millrace/catalog/service.ts';
import type { AppProjectSpec } from './argo-object.ts';
import { addArgoObject, resourcesFinalizer } from './argo-object.ts';
import type { DeliveryPlace } from './delivery-place.ts';
import { thisCluster } from './delivery-place.ts';
import type { GroupKind, ProjectScope } from './project-scopes.ts';
import { addOnScope, clusterScope, platformScope, projectScopes } from './project-scopes.ts';
import { serviceRoles } from './team-roles.ts';

/**
 * Every project: what an Application of it may read, where it may write, and which kinds. `default` may nothing, so that an
 * Application without a project of its own does nothing.
 */
export function addProjects(place: DeliveryPlace): void {
  const { environment, platform, services } = place;
  addArgoObject(place, 'AppProject', {
    name: 'default',
    wave: 'project',
    spec: {
      description: 'Nothing: every Application belongs to a project of its own.',
      sourceRepos: [],
      sourceNamespaces: [],
      destinations: [],
      clusterResourceWhitelist: [],
      namespaceResourceWhitelist: [],
      namespaceResourceBlacklist: [{ group: '*', kind: '*' }],
    },
  });
  addProject(place, platformScope, {
    description: 'What Argo CD is told: projects and Applications.',
    ...signatures(platform),
  });
  addProject(place, addOnScope, {
    description: 'Argo CD itself and the add-ons, from their charts.',
    sourceRepos: [...new Set(addOns.map(({ chart }) => chart.repository))],
  });
  addProject(place, clusterScope, {
    description: 'What the cluster has once: admission policies, priority classes, the log router.',
    ...signatures(platform),
  });
  const scopes = new Map(projectScopes(services, environment).map((scope) => [scope.name, scope]));
  for (const service of services) {
    const scope = scopes.get(service.name);
    if (scope) addProject(place, scope, serviceFacts(place, service));
  }
}

/** Resources in its namespace that nothing in Git stands for are told of; what must not be there at all, admission refuses. */
const serviceFacts = (place: DeliveryPlace, service: Service): ProjectFacts => ({
  description: `${service.name} of team ${service.owner}: ${service.purpose}`,
  orphanedResources: { warn: true },
  roles: serviceRoles(service),
  ...signatures(place.platform),
  ...windows(place),
});

type ProjectFacts = Pick<AppProjectSpec, 'description'> & Partial<AppProjectSpec>;

function addProject(place: DeliveryPlace, scope: ProjectScope, facts: ProjectFacts): void {
  addArgoObject(place, 'AppProject', {
    name: scope.name,
    wave: 'project',
    // An Application whose project is gone can be neither mended nor deleted.
    finalizers: [resourcesFinalizer],
    spec: {
      sourceRepos: [place.platform.delivery.repository],
      // No Application from another namespace than Argo CD's own.
      sourceNamespaces: [],
      destinations: scope.namespaces.map((namespace) => ({ server: thisCluster, namespace })),
      clusterResourceWhitelist: scope.clusterKinds.map(groupAndKind),
      namespaceResourceWhitelist: scope.namespacedKinds.map(groupAndKind),
      ...facts,
    },
  });
}

/**
 * Outside these windows a service is not changed, by nobody: the way round is a commit that changes the windows. The root brings
 * that commit, so neither it nor what it waits for (the cluster, the add-ons) may be held by a window.
 */
function windows({ platform }: DeliveryPlace): Pick<AppProjectSpec, 'syncWindows'> {
  const { releaseWindows = [] } = platform.delivery;
  if (releaseWindows.length === 0) return {};
  return {
    syncWindows: releaseWindows.map((window) => ({
      kind: 'allow',
      ...window,
      applications: ['*'],
      manualSync: false,
    })),
  };
}

/** Whose commits are taken, where the contract says so. Charts have no commits. */
function signatures({ delivery }: Platform): Pick<AppProjectSpec, 'signatureKeys'> {
  const keys = Object.keys(delivery.signatureKeys ?? {}).sort();
  return keys.length > 0 ? { signatureKeys: keys.map((keyID) => ({ keyID })) } : {};
}

function groupAndKind(text: GroupKind): { group: string; kind: string } {
  const [group = '', kind = ''] = text.split('/');
  return { group, kind };
}
