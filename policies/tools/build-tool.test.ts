import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findTool, toolPath } from './build-tool.ts';
import { pinnedVersion } from './go-build.ts';
import type { GoProgram, ToolName } from './programs.ts';
import { programs, toolNames } from './programs.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-tools-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
  vi.stubEnv('KUBEBUILDER_ASSETS', '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lock = (): string => join(folder, 'millrace/tools/making.lock');
const pin = (name: ToolName): string => pinnedVersion(programs[name] as GoProgram) ?? '';
const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

/** Programs of the test come first, then those of the system. */
function pretend(program: string, script: string): void {
  writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
}
const writesTool = `echo begins >> "$XDG_CACHE_HOME/calls"; sleep 0.2
while [ "$1" != -o ]; do shift; done
printf built > "$2"; echo ends >> "$XDG_CACHE_HOME/calls"`;

describe('a tool that is built on first use', () => {
  it('is built once, though two want it at once, and never again', async () => {
    pretend('go', writesTool);
    const path = toolPath('kubeconform');
    expect(await Promise.all([findTool('kubeconform'), findTool('kubeconform')])).toEqual([path, path]);
    expect(await findTool('kubeconform')).toBe(path);
    expect(calls()).toEqual(['begins', 'ends']);
    expect(existsSync(lock())).toBe(false);
  });

  it('is built after another that is being built, not beside it', async () => {
    pretend('go', writesTool);
    await Promise.all([findTool('kubeconform'), findTool('kube-score'), findTool('admission')]);
    expect(calls()).toEqual(['begins', 'ends', 'begins', 'ends', 'begins', 'ends']);
  });

  it('is told its version by the linker', async () => {
    pretend('go', `printf '%s\\n' "$@" >> "$XDG_CACHE_HOME/calls"; ${writesTool}`);
    await findTool('kube-controller-manager');
    expect(pin('kube-controller-manager')).toMatch(/^1\.\d+\.\d+$/);
    expect(calls()).toContainEqual(expect.stringContaining(`/version.gitVersion=v${pin('kube-controller-manager')} `));
    await findTool('argocd');
    expect(calls()).toContainEqual(expect.stringContaining(`argo-cd/v3/common.version=${pin('argocd')}`));
  });

  it('lies in a folder of its own for everything that it is made of', () => {
    const paths = toolNames.map(toolPath);
    expect(new Set(paths.map((path) => dirname(path))).size).toBe(paths.length);
    expect(paths.every((path) => path.startsWith(join(folder, 'millrace/tools')))).toBe(true);
  });

  it('is not taken for built when the build failed, and says why in one line', async () => {
    pretend('go', 'echo "main.go:1: no such thing" >&2; exit 1');
    await expect(findTool('kubeconform')).rejects.toThrow(
      'E911 kubeconform could not be built: main.go:1: no such thing',
    );
    expect(existsSync(toolPath('kubeconform'))).toBe(false);
    pretend('go', writesTool);
    await findTool('kubeconform');
  });

  it('says what to install where there is no Go', async () => {
    vi.stubEnv('PATH', folder);
    for (const [name, module] of [
      ['etcd', 'etcd/go.mod'],
      ['admission', 'go.mod'],
    ] as const) {
      const [, version] = /^go (\d\S+)$/m.exec(readFileSync(join(import.meta.dirname, module), 'utf8')) ?? [];
      await expect(findTool(name)).rejects.toThrow(
        `E910 ${name} is built with Go, and there is no "go" on this machine. Install Go ${version} or newer`,
      );
    }
  });

  it('does not wait for a process that is gone', async () => {
    pretend('go', writesTool);
    mkdirSync(dirname(lock()), { recursive: true });
    writeFileSync(lock(), '999999999');
    expect(await findTool('kubeconform')).toBe(toolPath('kubeconform'));
  });

  it('is not waited for any longer once another process made it', async () => {
    pretend('go', 'exit 1');
    const path = toolPath('kubeconform');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(lock(), String(process.pid));
    const found = findTool('kubeconform');
    writeFileSync(path, 'built');
    expect(await found).toBe(path);
    expect(readFileSync(lock(), 'utf8')).toBe(String(process.pid));
  });
});

describe('a tool from PyPI', () => {
  const makesFolder = 'mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo venv >> "$XDG_CACHE_HOME/calls"';

  it('is installed once, with the versions of its file', async () => {
    // The environment's own Python is the same script.
    const installs = `echo "$5" >> "$XDG_CACHE_HOME/calls"; printf tool > "$(dirname "$0")/zizmor"`;
    pretend('python3', `if [ "$2" = venv ]; then ${makesFolder}; else ${installs}; fi`);
    const path = toolPath('zizmor');
    expect(await findTool('zizmor')).toBe(path);
    expect(await findTool('zizmor')).toBe(path);
    expect(readFileSync(path, 'utf8')).toBe('tool');
    expect(calls()).toEqual(['venv', '--requirement']);
  });

  it('is not taken for installed when that failed, and says why in one line', async () => {
    pretend('python3', `if [ "$2" = venv ]; then ${makesFolder}; else echo "ERROR: no such version" >&2; exit 1; fi`);
    await expect(findTool('zizmor')).rejects.toThrow(
      'E917 zizmor could not be installed. It needs Python 3.11 or newer. ERROR: no such version',
    );
    expect(existsSync(toolPath('zizmor'))).toBe(false);
    vi.stubEnv('PATH', join(folder, 'empty'));
    await expect(findTool('zizmor')).rejects.toThrow(
      'E917 zizmor could not be installed. Install Python 3.11 or newer.',
    );
  });
});

describe('a tool that the machine has', () => {
  const says = (path: string, words: string): string => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\necho "${words}"\n`, { mode: 0o755 });
    return path;
  };
  /** The same version but for one of its numbers. */
  const other = (name: ToolName, index: number): string =>
    pin(name)
      .split('.')
      .map((number, position) => (position === index ? Number(number) + 1 : number))
      .join('.');

  it('is used instead of building, in KUBEBUILDER_ASSETS before PATH', async () => {
    vi.stubEnv('PATH', folder);
    // EKS has patches of its own.
    const controllers = says(join(folder, 'kube-controller-manager'), `Kubernetes v${other('kube-apiserver', 2)}`);
    expect(await findTool('kube-controller-manager')).toBe(controllers);
    const onPath = says(join(folder, 'etcd'), `etcd Version: ${pin('etcd')}`);
    expect(await findTool('etcd')).toBe(onPath);
    const assets = join(folder, 'assets');
    const inAssets = says(join(assets, 'etcd'), `etcd Version: ${other('etcd', 2)}`);
    vi.stubEnv('KUBEBUILDER_ASSETS', assets);
    expect(await findTool('etcd')).toBe(inAssets);
    const argocd = says(join(folder, 'argocd'), `argocd: v${pin('argocd')}+8aa2f2e`);
    expect(await findTool('argocd')).toBe(argocd);
  });

  it('is passed over when it has another version, or tells none', async () => {
    pretend('go', writesTool);
    for (const [name, words] of [
      ['kube-apiserver', `Kubernetes v${other('kube-apiserver', 1)}`],
      ['etcd', `etcd Version: ${other('etcd', 1)}`],
      ['argocd', `argocd: v${other('argocd', 2)}+8aa2f2e`],
      ['kube-controller-manager', 'no such option'],
    ] as const) {
      says(join(folder, name), words);
      expect(await findTool(name)).toBe(toolPath(name));
    }
  });

  it('is any Redis or Valkey that may be run', async () => {
    vi.stubEnv('PATH', folder);
    const redis = join(folder, 'redis-server');
    const valkey = says(join(folder, 'valkey-server'), 'v=8.1.0');
    writeFileSync(redis, '', { mode: 0o644 });
    expect(await findTool('redis-server')).toBe(valkey);
    rmSync(redis);
    says(redis, 'v=7.0.0');
    expect(await findTool('redis-server')).toBe(redis);
  });
});
