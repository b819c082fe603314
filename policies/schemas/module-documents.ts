import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';

/** A Kubernetes object as a module's release holds it. */
export interface ModuleObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** YAML files of a Go module at a version. */
export interface ModuleFiles {
  module: string;
  version: string;
  files: readonly string[];
}

const downloadDeadlineMs = 600_000;

/**
 * The Kubernetes objects in files of Go modules. They are fetched once and then kept beside the built tools, so that
 * later reads need neither the network nor Go. @throws EnvironmentFault when they cannot be fetched.
 */
export async function readModuleObjects(sources: readonly ModuleFiles[]): Promise<ModuleObject[]> {
  const folder = readConfig().toolCache;
  const hash = createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 16);
  const kept = join(folder, `objects-${hash}.json`);
  const known = readKept(kept);
  if (known) return known;
  const objects = (await Promise.all(sources.map(readSource))).flat();
  mkdirSync(folder, { recursive: true });
  const unfinished = `${kept}.${randomUUID()}`;
  writeFileSync(unfinished, JSON.stringify(objects));
  renameSync(unfinished, kept);
  return objects;
}

function readKept(path: string): ModuleObject[] | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ModuleObject[];
  } catch {
    return undefined;
  }
}

async function readSource(source: ModuleFiles): Promise<ModuleObject[]> {
  const folder = await moduleFolder(source);
  return source.files.flatMap((file) =>
    parseAllDocuments(readFileSync(join(folder, file), 'utf8'))
      .map((document) => document.toJS() as ModuleObject | null)
      .filter((object): object is ModuleObject => object?.metadata !== undefined),
  );
}

async function moduleFolder({ module, version }: ModuleFiles): Promise<string> {
  try {
    const words = ['mod', 'download', '-json', `${module}@${version}`];
    const options = { env: readConfig().environment, timeout: downloadDeadlineMs };
    const { stdout } = await promisify(execFile)('go', words, options);
    return (JSON.parse(stdout) as { Dir: string }).Dir;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new EnvironmentFault(`E914 ${module}@${version} could not be fetched: ${reason}`);
  }
}
