import type { Fault } from '@millrace/catalog/fault.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { GroupKind, ProjectScope } from '../delivery/project-scopes.ts';
import { clusterScope, platformScope, projectScopes } from '../delivery/project-scopes.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { faultOf, namespaceOf } from './objects.ts';

/** X501 to X503: the projects cover the kinds and namespaces that are emitted, and nothing more. */
export function appProjects(set: RenderedEnvironment): Fault[] {
  const scopes = [...projectScopes(set.services, set.environment), platformScope];
  const faults = set.manifests.flatMap((manifest) => {
    const namespace = homeOf(manifest);
    const scope = namespace === '' ? clusterScope : scopes.find(({ namespaces }) => namespaces.includes(namespace));
    if (!scope) {
      const message = `no project has the namespace ${namespace}. Render into a service's, or add it to charts/delivery/project-scopes.ts.`;
      return [faultOf(set, manifest, { code: 'X502', message })];
    }
    const allowed = namespaceOf(manifest) === '' ? scope.clusterKinds : scope.namespacedKinds;
    if (allowed.includes(groupKindOf(manifest))) return [];
    const message = `project ${scope.name} may not apply ${groupKindOf(manifest)}. Leave it out, or allow it in charts/delivery/project-scopes.ts.`;
    return [faultOf(set, manifest, { code: 'X501', message })];
  });
  return [...faults, ...scopes.flatMap((scope) => unusedFaults(set, scope))];
}

/** A kind that nothing emits is a right without a use. A service without a release emits nothing yet. */
function unusedFaults(set: RenderedEnvironment, scope: ProjectScope): Fault[] {
  const isService = scope !== clusterScope && scope !== platformScope;
  if (isService && !(scope.name in set.release.pins)) return [];
  const used = set.manifests.filter((each) => scope.namespaces.includes(homeOf(each))).map(groupKindOf);
  return scope.namespacedKinds
    .filter((kind) => !used.includes(kind))
    .map((kind) => ({
      place: `charts/delivery/project-scopes.ts ${scope.name}`,
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
