import { execFile } from 'node:child_process';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const deadlineMs = 60_000;

/** As whom a service runs in its image: charts/pod.ts says so too, and Kubernetes overrides what an image says. */
export const imageUser = 10_001;

/**
 * Writes `compile-cache/` into a bundle's folder by loading every module of it once, in a process of its own that has no
 * settings: the entry comes last and stops there with exit code 5, as it should. Node keeps a cache for each user, and
 * readable for nobody else: `user` is the one who will read it, this one unless said. A processor with other features
 * than this one's makes nothing of it, and starts as without.
 * @throws Error when the entry did not stop with code 5, for then a module is broken.
 */
export async function warmCompileCache(folder: string, options: { user?: number } = {}): Promise<{ files: number }> {
  const cache = join(folder, 'compile-cache');
  await rm(cache, { recursive: true, force: true });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js') && !/^(main|start)\.js$/.test(name));
  const script = `
    import { enableCompileCache, flushCompileCache } from 'node:module';
    enableCompileCache({ directory: ${JSON.stringify(cache)}, portable: true });
    for (const name of ${JSON.stringify(names)}) await import(${JSON.stringify(`file://${folder}/`)} + name);
    process.on('exit', flushCompileCache);
    await import(${JSON.stringify(`file://${folder}/main.js`)});
  `;
  const { code, stderr } = await nodeWithoutSettings(folder, script);
  if (code !== 5) throw new Error(`the bundle in ${folder} does not start: exit code ${code}\n${stderr}`);
  if (options.user !== undefined) await handOver(cache, options.user);
  return { files: (await readdir(cache, { recursive: true })).length };
}

/** The name of the folder ends in the user's number. */
async function handOver(cache: string, user: number): Promise<void> {
  for (const name of await readdir(cache)) {
    const own = join(cache, name.replace(/-\d+$/, `-${user}`));
    await rename(join(cache, name), own);
    await chmod(own, 0o755);
    for (const file of await readdir(own)) await chmod(join(own, file), 0o644);
  }
}

function nodeWithoutSettings(cwd: string, script: string): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const words = ['--input-type=module', '--eval', script];
    execFile(process.execPath, words, { cwd, env: {}, timeout: deadlineMs }, (error, _stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stderr });
    });
  });
}
