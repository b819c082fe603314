import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { build } from 'esbuild';
import { billOfMaterials } from './bill-of-materials.ts';
import { leaveOut, oneLanguage, sourcePlaces } from './bundle-plugins.ts';

export interface Bundle {
  service: string;
  folder: string;
  /** Of main.js and all that it imports at once: what is read before the service can do anything. */
  entryBytes: number;
  /** Of all JavaScript; the page, SQL and the country database are not code. */
  totalBytes: number;
  /** The sources that went into it, relative to the repository. */
  sources: string[];
}

/** Of bars 12 in docs/benchmarks.md. */
export const maxTotalBytes = 1_000_000;
export const maxEntryBytes = 300_000;

/** Its ending is the one by which scanners find such a list in an image. */
const billFile = 'bundle.cdx.json';

const pageDeadlineMs = 120_000;

// CommonJS dependencies ask for Node's own modules with `require`, which a module does not have by itself.
const requireForCommonJs = `import { createRequire as makeRequire } from 'node:module';const require = makeRequire(import.meta.url);`;

/** Starts the service with the compile cache that lies beside it, which makes the start three times as fast. */
const start = (version: string): string => `import { enableCompileCache } from 'node:module';
if (process.argv[2] === '--version') {
  console.log(${JSON.stringify(version)} + ' on Node ' + process.versions.node);
} else {
  enableCompileCache({ directory: import.meta.dirname + '/compile-cache', portable: true });
  await import('./main.js');
}
`;

/** Bundles services/<service>/main.ts with all that it needs but Node into `folder`, which is emptied first. */
export async function bundleService(options: { root: string; service: string; folder: string }): Promise<Bundle> {
  const { root, service, folder } = options;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await buildPage(root, service);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [{ in: `services/${service}/main.ts`, out: 'main' }],
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['import', 'module'],
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'error',
    banner: { js: requireForCommonJs },
    plugins: [sourcePlaces(root), oneLanguage, leaveOut],
  });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  const sources = Object.keys(metafile.inputs).sort();
  const bill = await billOfMaterials({ root, service, sources });
  await writeFile(join(folder, 'start.js'), start(`${service} ${bill.metadata.component.version}`));
  await writeFile(join(folder, billFile), `${JSON.stringify(bill, undefined, 2)}\n`);
  await copyFiles({ root, service, folder });
  return { service, folder, ...sizes(metafile), sources };
}

function sizes(metafile: Metafile): { entryBytes: number; totalBytes: number } {
  const { outputs } = metafile;
  const entry = Object.keys(outputs).find((path) => outputs[path]?.entryPoint?.endsWith('/main.ts')) ?? '';
  const loaded = new Set([entry]);
  for (const path of loaded) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && next in outputs) loaded.add(next);
    }
  }
  const bytesOf = (paths: Iterable<string>): number =>
    [...paths].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
  return { entryBytes: bytesOf(loaded), totalBytes: bytesOf(Object.keys(outputs)) };
}

/** SQL, the built page and the country database, at the places where the sources look for them. */
async function copyFiles({ root, service, folder }: { root: string; service: string; folder: string }): Promise<void> {
  for (const own of ['runtime', `services/${service}`]) {
    for (const path of await sqlFiles(join(root, own))) {
      await copy(path, join(folder, relative(root, path)));
    }
  }
  const page = join(root, `services/${service}/dist`);
  if (existsSync(page))
    await cp(page, join(folder, `services/${service}/dist`), { recursive: true, filter: isPartOfPage });
  if (service === 'analytics') await copyCountries(root, join(folder, 'services/analytics'));
}

function isPartOfPage(path: string): boolean {
  return !basename(path).startsWith('.');
}

/** A service with a page has a build.ts, which does nothing when the page is up to date. */
async function buildPage(root: string, service: string): Promise<void> {
  const step = join(root, 'services', service, 'build.ts');
  if (!existsSync(step)) return;
  await promisify(execFile)(process.execPath, [step], { timeout: pageDeadlineMs }).catch((cause: unknown) => {
    throw new Error(`the page does not build: run "node services/${service}/build.ts" to see why`, { cause });
  });
}

async function sqlFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sql') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function copyCountries(root: string, folder: string): Promise<void> {
  const from = createRequire(join(root, 'services/analytics/country.ts'));
  const name = '@ip-location-db/geo-whois-asn-country-mmdb';
  const source = dirname(from.resolve(`${name}/package.json`));
  for (const file of await readdir(source)) {
    if (/-ipv[46]\.mmdb$/.test(file)) await copy(join(source, file), join(folder, file));
  }
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to);
}

/** The size of a folder's files, for the report. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
