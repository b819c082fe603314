import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { zipSync } from 'fflate';

export const functionNames = ['rotation', 'databases', 'token'] as const;
export type FunctionName = (typeof functionNames)[number];

const readableByAll = 0o644 << 16;
const unix = 3;

/** Bundles a function into one file; the AWS SDK is part of Lambda's runtime and stays outside. */
export async function bundleFunction(name: FunctionName): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: [`${name}/handler.ts`],
    outfile: 'index.mjs',
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['@aws-sdk/*'],
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${name}`);
  return file.contents;
}

/** The zip that Lambda takes, with `index.mjs` in it: the same bytes each time, so a plan changes only with the code. */
export async function packFunction(name: FunctionName): Promise<Uint8Array> {
  const file = await bundleFunction(name);
  // A zip keeps the time of day and no zone, so a local time is the same bytes everywhere.
  const packedAt = new Date(2000, 0, 1, 12);
  return zipSync({ 'index.mjs': [file, { level: 9, mtime: packedAt, os: unix, attrs: readableByAll }] });
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, 'dist');
  await mkdir(folder, { recursive: true });
  for (const name of functionNames) {
    const zip = await packFunction(name);
    await writeFile(join(folder, `${name}.zip`), zip);
    console.log(`${name}.zip  ${zip.length} bytes`);
  }
}
