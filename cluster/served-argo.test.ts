import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentBranch } from './git.ts';
import { readServedArgo } from './served-argo.ts';
import { commitFiles, git, makeRepository, temporaryFolder } from './testing.ts';

const project = (name: string): string =>
  `apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata:\n  name: ${name}\n  namespace: argocd\nspec: {}\n`;
const application = (name: string, source: string): string =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: ${name}\n  namespace: argocd\nspec:\n  project: platform\n  source:\n${source}`;
const folder = 'manifests/dev/argocd';
const files = {
  [`${folder}/appproject-default.yaml`]: project('default'),
  [`${folder}/appproject-platform.yaml`]: project('platform'),
  [`${folder}/appproject-order.yaml`]: project('order'),
  [`${folder}/application-root.yaml`]: application(
    'root',
    `    path: ${folder}\n    repoURL: https://git.example/a.git\n    targetRevision: main\n`,
  ),
  [`${folder}/application-cluster.yaml`]: application('cluster', '    path: manifests/dev\n'),
  [`${folder}/application-keda.yaml`]: application('keda', '    chart: keda\n'),
  [`${folder}/application-argo-cd.yaml`]: application('argo-cd', '    chart: argo-cd\n'),
};
let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place.remove());

test('the root leaves out itself and the add-ons, and its projects come before it', async () => {
  const commit = await makeRepository(place.path, files);
  const served = await readServedArgo({ repository: place.path, branch: 'main' }, 'dev');
  expect(served).toMatchObject({ commit, repositoryUrl: 'https://git.example/a.git', revision: 'main' });
  expect(served.projects.map(({ metadata }) => metadata.name)).toEqual(['default', 'platform']);
  expect(served.root).toMatchObject({
    metadata: { name: 'root' },
    spec: {
      source: {
        path: folder,
        directory: { exclude: '{application-argo-cd.yaml,application-keda.yaml,application-root.yaml}' },
      },
    },
  });
});

test('what is not committed is not served', async () => {
  const commit = await makeRepository(place.path, files);
  await git(place.path, ['checkout', '--quiet', '-b', 'other']);
  await commitFiles(place.path, { [`${folder}/application-root.yaml`]: application('root', '    path: elsewhere\n') });
  const served = await readServedArgo({ repository: place.path, branch: 'main' }, 'dev');
  expect(served.commit).toBe(commit);
  expect(served.root).toMatchObject({ spec: { source: { path: folder } } });
});

test('a branch without manifests, one that there is not, and a folder that is no repository are told in one line', async () => {
  await makeRepository(`${place.path}/one`, { 'README.md': 'x\n' }, 'trunk');
  const repository = `${place.path}/one`;
  await expect(readServedArgo({ repository, branch: 'trunk' }, 'dev')).rejects.toMatchObject({
    exitCode: 3,
    message: `E923 trunk of ${repository} has no ${folder}/application-root.yaml. Run make synth there and commit.`,
  });
  await expect(readServedArgo({ repository, branch: 'main' }, 'dev')).rejects.toMatchObject({
    exitCode: 3,
    message: `E922 ${repository} has no branch "main" with a commit. Name another with REF=.`,
  });
  expect(await currentBranch(repository)).toBe('trunk');
  await git(repository, ['checkout', '--quiet', '--detach']);
  await expect(currentBranch(repository)).rejects.toThrow(`E922 ${repository} is on no branch.`);
  await expect(currentBranch(place.path)).rejects.toThrow(`E922 ${place.path} is no Git repository.`);
});
