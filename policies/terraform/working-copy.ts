import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { Terraform } from './find-terraform.ts';
import { repositoryRoot } from './find-terraform.ts';

/** What Terraform leaves behind where somebody ran it, and what no run needs. */
const leftOut = /(^|\/)(\.terraform|node_modules|dist|\.terraform\.lock\.hcl|.*\.tfstate(\..*)?|.*_override\.tf)$/;

/** Where the sources are; a test may take another folder. */
export const terraformFolder = join(repositoryRoot, 'terraform');

export interface WorkingCopy {
  folder: string;
  remove(): void;
}

/**
 * Copies the sources into a temporary folder: `init` writes a lock file with the checksums of this machine's providers, and
 * a run of tests wants a root of its own.
 */
export function copySources(source = terraformFolder): WorkingCopy {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-terraform-'));
  cpSync(source, folder, { recursive: true, filter: (path) => !leftOut.test(relative(source, path)) });
  const versions = join(folder, 'versions.tf');
  // `terraform test` runs in a root, and finds the modules from there.
  if (!existsSync(versions)) writeFileSync(versions, 'terraform {\n  required_version = ">= 1.11, < 2.0"\n}\n');
  standIns(folder);
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', remove);
  return { folder, remove };
}

const stopCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** An interrupted command removes its copies and ends its programs; by itself Node would end without doing so. */
export function leaveOnSignals(): void {
  for (const [signal, code] of Object.entries(stopCodes)) process.once(signal, () => process.exit(code));
}

/**
 * Terraform reads the zips of the functions when it plans, and only their hash comes into what it builds. Whether they can
 * be bundled is their own tests' matter.
 */
function standIns(folder: string): void {
  for (const handler of globSync('functions/*/handler.ts', { cwd: folder })) {
    const zip = join(folder, 'functions/dist', `${basename(dirname(handler))}.zip`);
    mkdirSync(dirname(zip), { recursive: true });
    writeFileSync(zip, 'stands in for a zip');
  }
}

/** Names Terraform and its providers in a file's name: what was computed with others is computed again. */
export function markOf({ version, providers }: Terraform): string {
  return createHash('sha256').update(`${version} ${providers}`).digest('hex').slice(0, 12);
}

/** A hash of what the named folders and files of the sources hold, without what says nothing to Terraform. */
export function hashOf(folder: string, parts: readonly string[]): string {
  const hash = createHash('sha256');
  const files = parts
    .flatMap((part) => globSync([part, `${part}/**/*`], { cwd: folder, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !file.endsWith('.md') && !file.split('/').some((name) => leftOut.test(name)))
    .sort();
  for (const file of new Set(files))
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}
