import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readConfig } from '../config.ts';
import { buildFromGo } from './go-build.ts';
import { findInstalled } from './installed-program.ts';
import type { GoProgram, ToolName } from './programs.ts';
import { programs } from './programs.ts';
import { installFromPython } from './python-install.ts';
import { takeTurn } from './turn.ts';

/**
 * The path of a tool: of the machine's own, or else of the one in the cache, after making that where it was not done
 * yet: once, which takes minutes and the network.
 */
export async function findTool(name: ToolName): Promise<string> {
  const installed = await findInstalled(programs[name]);
  if (installed) return installed;
  const path = toolPath(name);
  if (existsSync(path)) return path;
  mkdirSync(dirname(cacheFolder(name)), { recursive: true });
  const turn = await takeTurn({ what: name, isDone: () => existsSync(path) });
  try {
    if (!existsSync(path)) await make(name, path);
  } finally {
    turn.release();
  }
  return path;
}

/** Where a made tool lies; the name of its folder changes with everything that it is made from. */
export function toolPath(name: ToolName): string {
  const program = programs[name];
  return join(cacheFolder(name), 'requirements' in program ? program.program : name);
}

function cacheFolder(name: ToolName): string {
  const program = programs[name];
  const { toolCache } = readConfig();
  if (!('requirements' in program)) return join(toolCache, hashOfGo(name, program));
  const requirements = readFileSync(join(import.meta.dirname, program.requirements));
  return join(toolCache, `${name}-${shorten(createHash('sha256').update(requirements).digest('hex'))}`);
}

async function make(name: ToolName, path: string): Promise<void> {
  const program = programs[name];
  if ('requirements' in program) await installFromPython({ name, program, folder: cacheFolder(name) });
  else await buildFromGo({ name, program, path });
}

function hashOfGo(name: ToolName, { folder, sources }: GoProgram): string {
  const work = join(import.meta.dirname, folder);
  const files = [
    'go.mod',
    'go.sum',
    ...(sources ? goFiles(join(work, sources)).map((file) => join(sources, file)) : []),
  ];
  const hash = createHash('sha256').update(name);
  for (const file of files) hash.update(file).update(readFileSync(join(work, file)));
  return shorten(hash.digest('hex'));
}

const shorten = (hash: string): string => hash.slice(0, 16);

const goFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.go'))
    .sort();
