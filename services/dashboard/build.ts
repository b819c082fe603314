import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const here = fileURLToPath(new URL('.', import.meta.url));
const output = join(here, 'dist');
const stampFile = join(output, '.stamp');
const sources = ['page', 'vite.config.ts', 'world-map.ts', 'build.ts', 'package.json'];
const packed = new Set(['.html', '.js', '.css', '.svg', '.webmanifest']);
const minPackedBytes = 400;

/** Builds the page when it is missing or older than its sources. @returns whether it was built. */
export async function ensurePageBuilt(): Promise<boolean> {
  const stamp = await stampOfSources();
  const built = await readFile(stampFile, 'utf8').catch(() => '');
  if (built === stamp) return false;
  await buildPage(stamp);
  return true;
}

/** Two builds at once, or one that is killed, leave a whole page: it is built aside and then put in place. */
async function buildPage(stamp: string): Promise<void> {
  const { build } = await import('vite');
  const aside = join(here, `dist/.building-${process.pid}`);
  await mkdir(aside, { recursive: true });
  try {
    await build({
      configFile: join(here, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: aside, emptyOutDir: true },
    });
    await compressFiles(aside);
    await replaceFiles(aside);
    await writeFile(stampFile, stamp);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * File by file, each in one step, the start page last: it names the others. What another build of the same sources puts there
 * at this moment has the same names; what nobody names any more goes at the end.
 */
async function replaceFiles(aside: string): Promise<void> {
  const names = await namesIn(aside);
  for (const name of names.sort((left, right) => Number(isStart(left)) - Number(isStart(right)))) {
    await mkdir(dirname(join(output, name)), { recursive: true });
    await rename(join(aside, name), join(output, name));
  }
  const old = (await namesIn(output)).filter((name) => !names.includes(name) && !name.startsWith('.'));
  await Promise.all(old.map((name) => rm(join(output, name), { force: true })));
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

const isStart = (name: string): boolean => name.startsWith('index.html');

async function compressFiles(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && packed.has(extname(entry.name)));
  await Promise.all(files.map((entry) => compressFile(join(entry.parentPath, entry.name))));
}

async function compressFile(path: string): Promise<void> {
  const content = await readFile(path);
  if (content.length < minPackedBytes) return;
  const quality = {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  };
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(content, quality),
    promisify(gzip)(content, { level: 9 }),
  ]);
  await Promise.all([writeFile(`${path}.br`, brotli), writeFile(`${path}.gz`, gzipped)]);
}

async function stampOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const path of await filesOf(join(here, source))) hash.update(path).update(await readFile(path));
  }
  return hash.digest('hex');
}

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (!entries) return [path];
  const files = entries.filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

if (import.meta.main) {
  try {
    const isBuilt = await ensurePageBuilt();
    process.stdout.write(isBuilt ? 'the page is built\n' : 'the page is up to date\n');
  } catch (error) {
    process.stderr.write(`the page could not be built: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 5;
  }
}
