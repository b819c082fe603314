import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { CommandFault } from '@millrace/policies/environment-fault.ts';
import { parseAllDocuments } from 'yaml';
import type { Branch } from './git.ts';
import { commitOf, readFolder } from './git.ts';
import type { KubernetesObject } from './objects.ts';

/** What a branch says of an environment's Argo CD, as far as it must be there before Argo CD can read the rest itself. */
export interface ServedArgo {
  commit: string;
  /** Where Argo CD asks for the rest: the address and the revision that the root Application names. */
  repositoryUrl: string;
  revision: string;
  /** The projects that the root Application needs. */
  projects: KubernetesObject[];
  /** The root Application, which leaves out itself and the add-ons: their charts need the network, and they are played here. */
  root: KubernetesObject;
}

interface Source {
  repoURL?: string;
  targetRevision?: string;
  chart?: string;
}

const projectsOfRoot = ['appproject-default.yaml', 'appproject-platform.yaml'];
const rootFile = 'application-root.yaml';

/** Reads them from the branch's newest commit. @throws CommandFault (3) when the branch holds none. */
export async function readServedArgo(branch: Branch, environment: EnvironmentName): Promise<ServedArgo> {
  const commit = await commitOf(branch);
  const folder = `manifests/${environment}/argocd`;
  const texts = await readFolder(branch.repository, { commit, folder });
  const objects = new Map(
    [...texts]
      .filter(([path]) => path.endsWith('.yaml'))
      .map(([path, text]): [string, KubernetesObject] => [path.slice(folder.length + 1), onlyObject(path, text)]),
  );
  const need = (file: string): KubernetesObject => {
    const object = objects.get(file);
    if (object) return object;
    const place = `${branch.branch} of ${branch.repository}`;
    throw new CommandFault(`E923 ${place} has no ${folder}/${file}. Run make synth there and commit.`, 3);
  };
  const addOns = [...objects].filter(([, object]) => sourcesOf(object).some(({ chart }) => chart !== undefined));
  const root = need(rootFile);
  const { repoURL = '', targetRevision = '' } = sourcesOf(root)[0] ?? {};
  const left = [rootFile, ...addOns.map(([file]) => file)].sort();
  return {
    commit,
    repositoryUrl: repoURL,
    revision: targetRevision,
    projects: projectsOfRoot.map(need),
    root: withoutFiles(root, left),
  };
}

function onlyObject(path: string, text: string): KubernetesObject {
  const found = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject | null);
  const [object] = found.filter((each) => each !== null);
  if (object) return object;
  throw new CommandFault(`E923 ${path} holds no object. Run make synth and commit.`, 3);
}

function sourcesOf({ kind, spec }: KubernetesObject): Source[] {
  if (kind !== 'Application') return [];
  const { source, sources } = spec as { source?: Source; sources?: Source[] };
  return [...(source ? [source] : []), ...(sources ?? [])];
}

function withoutFiles(root: KubernetesObject, files: readonly string[]): KubernetesObject {
  const spec = root['spec'] as { source: { directory?: object } };
  const directory = { ...spec.source.directory, exclude: `{${files.join(',')}}` };
  return { ...root, spec: { ...spec, source: { ...spec.source, directory } } };
}
