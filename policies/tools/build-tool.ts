import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';

/** The programs that are built from Go modules, each pinned by the go.mod and go.sum of its folder. */
const tools = {
  admission: { folder: '.', sources: 'admission', target: './admission', minutes: 3 },
  'kube-apiserver': { folder: '.', sources: 'api-server', target: './api-server', minutes: 8 },
  etcd: { folder: 'etcd', sources: '', target: 'go.etcd.io/etcd/server/v3', minutes: 2 },
  kubeconform: {
    folder: 'kubeconform',
    sources: '',
    target: 'github.com/yannh/kubeconform/cmd/kubeconform',
    minutes: 1,
  },
  'kube-score': { folder: 'kube-score', sources: '', target: 'github.com/zegl/kube-score/cmd/kube-score', minutes: 1 },
} as const;
export type ToolName = keyof typeof tools;

const buildDeadlineMs = 30 * 60_000;
const progressMs = 10_000;
const pollMs = 500;
const kubernetesVersion = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/;

/** Where a built tool lies; the name of its folder changes with everything that it is built from. */
export function toolPath(name: ToolName): string {
  return join(readConfig().toolCache, hashOf(name), name);
}

/** The path of a tool, after building it where that was not done yet: once, which takes minutes and the network. */
export async function findTool(name: ToolName): Promise<string> {
  const path = toolPath(name);
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const release = await takeTurn(`${path}.lock`);
  try {
    if (!existsSync(path)) await build(name, path);
  } finally {
    release();
  }
  return path;
}

/** Two that want a tool at once: one builds it, the other waits. A lock whose process is gone counts for nothing. */
async function takeTurn(lock: string): Promise<() => void> {
  const until = performance.now() + buildDeadlineMs;
  while (performance.now() < until) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!isHeld(lock)) rmSync(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
  throw new EnvironmentFault(`E911 another process has held ${lock} for too long. Remove the file.`);
}

function isHeld(lock: string): boolean {
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    // Between making a lock and writing into it there is a moment without a number.
    return holder === 0 || process.kill(holder, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function build(name: ToolName, path: string): Promise<void> {
  const { folder, target, minutes } = tools[name];
  const work = join(import.meta.dirname, folder);
  const unfinished = `${path}.${randomUUID()}`;
  process.stderr.write(`Building ${name} from Go modules, once: about ${minutes} min on two cores.\n`);
  const startedAt = performance.now();
  const timer = setInterval(() => {
    process.stderr.write(`  ${name}: ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  }, progressMs);
  try {
    const words = ['build', '-mod=readonly', '-trimpath', `-ldflags=${linkerFlags(work)}`, '-o', unfinished, target];
    await promisify(execFile)('go', words, {
      cwd: work,
      env: goEnvironment(),
      timeout: buildDeadlineMs,
      maxBuffer: 16 * 1024 * 1024,
    });
    // Only a whole program gets the name that others look for; of two builds at once the second replaces its like.
    renameSync(unfinished, path);
  } catch (error) {
    throw new EnvironmentFault(whyNotBuilt(name, error));
  } finally {
    clearInterval(timer);
    rmSync(unfinished, { force: true });
  }
}

function goEnvironment(): NodeJS.ProcessEnv {
  const { environment } = readConfig();
  const flags = `${environment['GOFLAGS'] ?? ''} -buildvcs=false`.trim();
  return { ...environment, GOWORK: 'off', CGO_ENABLED: '0', GOFLAGS: flags };
}

/** Without these a kube-apiserver calls itself v0.0.0. */
function linkerFlags(work: string): string {
  const match = kubernetesVersion.exec(readFileSync(join(work, 'go.mod'), 'utf8'));
  const of = (field: string, value: string | undefined): string => `-X k8s.io/component-base/version.${field}=${value}`;
  const version = match ? [of('gitVersion', match[1]), of('gitMajor', match[2]), of('gitMinor', match[3])] : [];
  return ['-s', '-w', ...version].join(' ');
}

function whyNotBuilt(name: ToolName, error: unknown): string {
  const failure = error as NodeJS.ErrnoException & { stderr?: string };
  if (failure.code === 'ENOENT') {
    return `E910 ${name} is built with Go, and there is no "go" on this machine. Install Go ${goVersion(name)} or newer (https://go.dev/dl).`;
  }
  const lines = (failure.stderr ?? failure.message)
    .split('\n')
    .filter((line) => line && !line.startsWith('go: downloading'));
  return `E911 ${name} could not be built: ${lines.slice(0, 3).join(' | ') || failure.message}`;
}

/** The oldest Go that builds a tool, as the tool's own module says it. */
function goVersion(name: ToolName): string {
  const module = readFileSync(join(import.meta.dirname, tools[name].folder, 'go.mod'), 'utf8');
  return /^go (\S+)$/m.exec(module)?.[1] ?? '';
}

function hashOf(name: ToolName): string {
  const { folder, sources } = tools[name];
  const work = join(import.meta.dirname, folder);
  const files = [
    'go.mod',
    'go.sum',
    ...(sources ? goFiles(join(work, sources)).map((file) => join(sources, file)) : []),
  ];
  const hash = createHash('sha256').update(name);
  for (const file of files) hash.update(file).update(readFileSync(join(work, file)));
  return hash.digest('hex').slice(0, 16);
}

const goFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.go'))
    .sort();
