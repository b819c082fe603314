import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const buildMs = 15 * 60_000;

/** The peers of bar 13, built by Go from their pinned modules. */
export interface Packagers {
  helm: string;
  kustomize: string;
}

/** Builds Helm and kustomize into a folder; Go's own cache makes it seconds from the second time on. @throws without Go. */
export async function buildPackagers(folder: string): Promise<Packagers> {
  const cwd = join(import.meta.dirname, 'peers/packagers');
  const build = async (name: string, module: string): Promise<string> => {
    const path = join(folder, name);
    await run('go', ['build', '-o', path, module], { cwd, timeout: buildMs });
    return path;
  };
  return {
    helm: await build('helm', 'helm.sh/helm/v3/cmd/helm'),
    kustomize: await build('kustomize', 'sigs.k8s.io/kustomize/kustomize/v5'),
  };
}

/** A folder that `kustomize build` turns into these files' objects. */
export function kustomization(folder: string, files: readonly string[]): string {
  const own = copyAll(folder, files);
  const resources = own.map((name) => `  - ${name}`).join('\n');
  writeFileSync(join(folder, 'kustomization.yaml'), `resources:\n${resources}\n`);
  return folder;
}

/** A chart that `helm template` turns into these files' objects. */
export function helmChart(folder: string, files: readonly string[]): string {
  copyAll(join(folder, 'templates'), files);
  writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: bench\nversion: 0.1.0\n');
  return folder;
}

function copyAll(folder: string, files: readonly string[]): string[] {
  mkdirSync(folder, { recursive: true });
  return files.map((file, index) => {
    const name = `${index}.yaml`;
    copyFileSync(file, join(folder, name));
    return name;
  });
}
