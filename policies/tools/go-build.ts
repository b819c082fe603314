import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';
import type { GoProgram } from './programs.ts';
import { tellTime } from './turn.ts';

const buildDeadlineMs = 30 * 60_000;

interface GoBuild {
  name: string;
  program: GoProgram;
  path: string;
}

/** Builds a program and puts it at its path, whole or not at all. */
export async function buildFromGo({ name, program, path }: GoBuild): Promise<void> {
  const { folder, target, minutes } = program;
  const work = join(import.meta.dirname, folder);
  const unfinished = `${path}.${randomUUID()}`;
  mkdirSync(dirname(path), { recursive: true });
  process.stderr.write(`Building ${name} from Go modules, once: about ${minutes} min on two cores.\n`);
  const quiet = tellTime(name);
  try {
    const flags = `-ldflags=${linkerFlags(program)}`;
    await promisify(execFile)('go', ['build', '-mod=readonly', '-trimpath', flags, '-o', unfinished, target], {
      cwd: work,
      env: goEnvironment(),
      timeout: buildDeadlineMs,
      maxBuffer: 16 * 1024 * 1024,
    });
    // Only a whole program gets the name that others look for.
    renameSync(unfinished, path);
  } catch (error) {
    throw new EnvironmentFault(whyNotBuilt(name, program, error));
  } finally {
    quiet();
    rmSync(unfinished, { force: true });
  }
}

/** The version of a program as its go.mod pins it, such as 1.35.4; undefined where it has none of its own. */
export function pinnedVersion({ folder, version }: GoProgram): string | undefined {
  if (!version) return undefined;
  const required = moduleText(folder)
    .split('\n')
    .map((line) => line.trim().split(' '))
    .find(([module, pin]) => module === version.module && pin?.startsWith('v'));
  return required?.[1]?.slice(1);
}

function goEnvironment(): NodeJS.ProcessEnv {
  const { environment } = readConfig();
  const flags = `${environment['GOFLAGS'] ?? ''} -buildvcs=false`.trim();
  return { ...environment, GOWORK: 'off', CGO_ENABLED: '0', GOFLAGS: flags };
}

function linkerFlags(program: GoProgram): string {
  const variables = program.version?.stamp?.(pinnedVersion(program) ?? '') ?? {};
  return ['-s', '-w', ...Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`)].join(' ');
}

function whyNotBuilt(name: string, { folder }: GoProgram, error: unknown): string {
  const failure = error as NodeJS.ErrnoException & { stderr?: string };
  if (failure.code === 'ENOENT') {
    return `E910 ${name} is built with Go, and there is no "go" on this machine. Install Go ${goVersion(folder)} or newer (https://go.dev/dl).`;
  }
  const lines = (failure.stderr ?? failure.message)
    .split('\n')
    .filter((line) => line && !line.startsWith('go: downloading'));
  return `E911 ${name} could not be built: ${lines.slice(0, 3).join(' | ') || failure.message}`;
}

/** The oldest Go that builds a program, as its module says it. */
const goVersion = (folder: string): string => /^go (\S+)$/m.exec(moduleText(folder))?.[1] ?? '';

const moduleText = (folder: string): string => readFileSync(join(import.meta.dirname, folder, 'go.mod'), 'utf8');
