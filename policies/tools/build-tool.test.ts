import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findTool, toolPath } from './build-tool.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-tools-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A `go` that writes which tool it was asked for, and takes a moment. */
function pretendGo(script: string): void {
  writeFileSync(join(folder, 'go'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`);
}
const writesTool = `echo called >> "${'$'}{XDG_CACHE_HOME}/calls"; sleep 0.2
while [ "$1" != -o ]; do shift; done
printf built > "$2"`;

describe('a tool that is built on first use', () => {
  it('is built once, though two want it at once, and never again', async () => {
    pretendGo(writesTool);
    const path = toolPath('etcd');
    expect(await Promise.all([findTool('etcd'), findTool('etcd')])).toEqual([path, path]);
    expect(await findTool('etcd')).toBe(path);
    expect(statSync(join(folder, 'calls')).size).toBe('called\n'.length);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('lies in a folder of its own for everything that it is made of', () => {
    const paths = (['admission', 'kube-apiserver', 'etcd', 'kubeconform', 'kube-score'] as const).map(toolPath);
    expect(new Set(paths.map((path) => dirname(path))).size).toBe(paths.length);
    expect(paths.every((path) => path.startsWith(join(folder, 'millrace/tools')))).toBe(true);
  });

  it('is not taken for built when the build failed, and says why in one line', async () => {
    pretendGo('echo "main.go:1: no such thing" >&2; exit 1');
    await expect(findTool('etcd')).rejects.toThrow('E911 etcd could not be built: main.go:1: no such thing');
    expect(existsSync(toolPath('etcd'))).toBe(false);
    pretendGo(writesTool);
    await findTool('etcd');
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
    pretendGo(writesTool);
    const path = toolPath('etcd');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.lock`, '999999999');
    expect(await findTool('etcd')).toBe(path);
  });
});
