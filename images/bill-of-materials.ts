import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface Component {
  type: 'library' | 'application';
  'bom-ref': string;
  name: string;
  version: string;
  purl: string;
  licenses?: { expression: string }[];
}

/** CycloneDX 1.6, the part of it that we write. */
export interface BillOfMaterials {
  bomFormat: 'CycloneDX';
  specVersion: '1.6';
  version: 1;
  metadata: { component: Component };
  components: Component[];
}

interface Manifest {
  name: string;
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
}

/** A package's folder, from the root, of a path below it. */
const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * What a bundle is made of: the packages of its `sources`, and with what the service declares all that belongs to it, for
 * its page and its data are not among the sources. In a bundle nobody can see packages any more; a scanner of images reads
 * them here. The same bundle gives the same bytes: no time, no random number.
 */
export async function billOfMaterials(options: {
  root: string;
  service: string;
  sources: readonly string[];
}): Promise<BillOfMaterials> {
  const { root, service, sources } = options;
  const home = `services/${service}`;
  const folders = new Set(sources.flatMap((path) => packageFolder.exec(path)?.[0] ?? []));
  const own = await manifestIn(root, home);
  const pending = Object.keys(own.dependencies ?? {}).map((name) => ({ name, from: home }));
  for (const { name, from } of pending) {
    const folder = folderOf(root, name, from);
    if (folder === undefined || folders.has(`${folder}/`)) continue;
    // The slash marks a package whose own dependencies are seen too.
    folders.add(folder).add(`${folder}/`);
    const { dependencies } = await manifestIn(root, folder);
    pending.push(...Object.keys(dependencies ?? {}).map((next) => ({ name: next, from: folder })));
  }
  const found = [...folders].filter((folder) => !folder.endsWith('/'));
  const components = await Promise.all(found.map(async (folder) => componentOf(await manifestIn(root, folder))));
  const byReference = new Map(components.map((component) => [component['bom-ref'], component]));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { ...componentOf(own), type: 'application' } },
    components: [...byReference.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1)),
  };
}

/** Where Node finds a package that is asked for in `from`; our own packages are no components. */
function folderOf(root: string, name: string, from: string): string | undefined {
  if (name.startsWith('@millrace/')) return undefined;
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(root, candidate, 'package.json'))) return candidate;
    // An optional dependency of another system.
    if (folder === '.') return undefined;
  }
}

async function manifestIn(root: string, folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

function componentOf({ name, version, license }: Manifest): Component {
  // Source: https://github.com/package-url/purl-spec, type npm.
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const licenses = license === undefined ? {} : { licenses: [{ expression: license }] };
  return { type: 'library', 'bom-ref': purl, name, version, purl, ...licenses };
}
