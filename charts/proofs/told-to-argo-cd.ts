import { addOns } from '@millrace/catalog/add-ons.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import { allRoles } from '@millrace/catalog/least-privilege.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import { asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { matchesPattern, selects } from '@millrace/fargate/profiles.ts';
import { argoNamespace } from '../delivery/project-scopes.ts';
import { fileOf } from '../render.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { faultOf, ofKind, textsOf } from './objects.ts';

/** X511: each folder that is rendered is applied by exactly one Application. */
export function appliedFolders(set: RenderedEnvironment): Fault[] {
  const folders = new Set(set.manifests.map((manifest) => fileOf(manifest).split('/')[0] ?? ''));
  return [...folders].flatMap((folder) => {
    const takers = takersOf(set, folder);
    if (takers.length === 1) return [];
    const message =
      takers.length === 0
        ? 'no Application applies it. Let the ApplicationSet or the Application of the cluster have it.'
        : `${takers.join(' and ')} both apply it, and would fight over it. Exclude it from one.`;
    return [{ place: `manifests/${set.environment}/${folder}`, code: 'X511', message }];
  });
}

/** Who applies a folder of the environment: the Applications by name, and those that an ApplicationSet makes. */
function takersOf(set: RenderedEnvironment, folder: string): string[] {
  const base = `manifests/${set.environment}`;
  const named = ofKind(set, 'Application').filter((application) => {
    const path = asText(fieldOf(application, 'spec', 'source', 'path'));
    if (path === `${base}/${folder}`) return true;
    const include = asText(fieldOf(application, 'spec', 'source', 'directory', 'include')) ?? '';
    return (
      path === base &&
      include
        .replace(/^\{|\}$/g, '')
        .split(',')
        .includes(`${folder}/*`)
    );
  });
  const made = ofKind(set, 'ApplicationSet').filter((applications) => {
    const rules = asMaps(fieldOf(applications, 'spec', 'generators')).flatMap((generator) =>
      asMaps(fieldOf(generator, 'git', 'directories')),
    );
    const fits = rules.filter((rule) => matchesPattern(asText(rule['path']) ?? '', `${base}/${folder}`));
    return fits.length > 0 && fits.every((rule) => rule['exclude'] !== true);
  });
  return [...named, ...made].map(({ metadata }) => metadata.name);
}

/** X512: each released service has a project of its name, for its namespace and the watched repository alone; `default` may nothing. */
export function serviceProjects(set: RenderedEnvironment): Fault[] {
  const projects = new Map(ofKind(set, 'AppProject').map((project) => [project.metadata.name, project]));
  const released = set.services.filter(({ name }) => name in set.release.pins);
  const own = released.flatMap(({ name }) => {
    const project = projects.get(name);
    if (project) return projectFaults(set, project);
    const message = `there is no project ${name}, so Argo CD refuses its Application. Add it.`;
    return [{ place: `manifests/${set.environment}/${name}`, code: 'X512', message }];
  });
  const open = projects.get('default');
  const isShut = ['sourceRepos', 'destinations'].every((field) => isEmptyList(fieldOf(open, 'spec', field)));
  if (isShut) return own;
  const message =
    'the project that every Application has by itself is not emptied. Write no source and no destination.';
  return [
    ...own,
    { place: `manifests/${set.environment}/${argoNamespace}/appproject-default.yaml`, code: 'X512', message },
  ];
}

/** A list that is not there would leave what is there. */
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function projectFaults(set: RenderedEnvironment, project: Manifest): Fault[] {
  const { name } = project.metadata;
  const places = asMaps(fieldOf(project, 'spec', 'destinations')).map((each) => asText(each['namespace']) ?? '*');
  const sources = textsOf(fieldOf(project, 'spec', 'sourceRepos'));
  const faults: Fault[] = [];
  if (places.join() !== name) {
    const message = `it may write to ${places.join(', ') || 'nothing'}. Write the namespace ${name} alone.`;
    faults.push(faultOf(set, project, { code: 'X512', at: 'spec.destinations', message }));
  }
  if (sources.join() !== set.platform.delivery.repository) {
    const message = `it may read ${sources.join(', ') || 'nothing'}. Write ${set.platform.delivery.repository} alone.`;
    faults.push(faultOf(set, project, { code: 'X512', at: 'spec.sourceRepos', message }));
  }
  return faults;
}

/** X513 to X515: each add-on's chart has a fixed version and an allowed repository, its pods a Fargate profile, its identity a role. */
export function addOnApplications(set: RenderedEnvironment): Fault[] {
  const applications = new Map(ofKind(set, 'Application').map((each) => [each.metadata.name, each]));
  return addOns.flatMap(({ name, identity }) => {
    const application = applications.get(name);
    if (!application) {
      const message = 'the catalog has this add-on and no Application brings it. Add one.';
      return [{ place: `catalog/add-ons.ts ${name}`, code: 'X513', message }];
    }
    return [
      ...chartFaults(set, application),
      ...profileFaults(set, application),
      ...roleFaults(set, application, identity?.name),
    ];
  });
}

function chartFaults(set: RenderedEnvironment, application: Manifest): Fault[] {
  const [version = '', repository = ''] = ['targetRevision', 'repoURL'].map((field) =>
    asText(fieldOf(application, 'spec', 'source', field)),
  );
  const project = asText(fieldOf(application, 'spec', 'project'));
  const scope = ofKind(set, 'AppProject').find(({ metadata }) => metadata.name === project);
  const faults: Fault[] = [];
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    const message = `its version is ${version || 'none'}, which may be another one tomorrow. Write one such as 1.2.3.`;
    faults.push(faultOf(set, application, { code: 'X513', at: 'spec.source.targetRevision', message }));
  }
  if (!textsOf(fieldOf(scope, 'spec', 'sourceRepos')).includes(repository)) {
    const message = `project ${project} may not read ${repository}. Allow it there.`;
    faults.push(faultOf(set, application, { code: 'X513', at: 'spec.source.repoURL', message }));
  }
  return faults;
}

function profileFaults(set: RenderedEnvironment, application: Manifest): Fault[] {
  const namespace = asText(fieldOf(application, 'spec', 'destination', 'namespace')) ?? '';
  const taking = planProfiles(set.environment).filter(({ selectors }) =>
    selectors.some((selector) => selects(selector, { namespace, labels: {} })),
  );
  if (taking.length === 1) return [];
  const message =
    taking.length === 0
      ? `no Fargate profile takes pods of ${namespace}. Add it to platformNamespaces in catalog/profiles.ts.`
      : `${taking.map(({ name }) => name).join(' and ')} both take pods of ${namespace}. Leave one.`;
  return [faultOf(set, application, { code: 'X514', at: 'spec.destination.namespace', message })];
}

const roleForm = /^arn:[a-z-]+:iam::\d{12}:role\//;

function roleFaults(set: RenderedEnvironment, application: Manifest, identity: string | undefined): Fault[] {
  const found = [
    ...new Set(allTexts(fieldOf(application, 'spec', 'source', 'helm')).filter((text) => roleForm.test(text))),
  ];
  const wanted = identity === undefined ? [] : [set.platform.addOns[identity]?.roleArn ?? 'none'];
  const at = 'spec.source.helm.valuesObject';
  if (found.join() !== wanted.join()) {
    const message = `it takes ${found.join(', ') || 'no role'}. Write ${wanted.join() || 'none'}.`;
    return [faultOf(set, application, { code: 'X515', at, message })];
  }
  const trust = allRoles(set.environment, set.services).find(({ owner }) => owner === identity)?.trust;
  const namespace = asText(fieldOf(application, 'spec', 'destination', 'namespace'));
  if (!trust || trust.namespace === namespace) return [];
  const message = `its role trusts ${trust.subject}, and it runs in ${namespace}. Write ${trust.namespace}.`;
  return [faultOf(set, application, { code: 'X515', at: 'spec.destination.namespace', message })];
}

function allTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(allTexts);
}
