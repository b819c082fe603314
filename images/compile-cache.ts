import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const deadlineMs = 60_000;

/**
 * Writes `compile-cache/` into a bundle's folder by loading every module of it once, in a process of its own that has no
 * settings: the entry comes last and stops there with exit code 5, as it should.
 * @throws Error when the entry did not stop with code 5, for then a module is broken.
 */
export async function warmCompileCache(folder: string): Promise<{ files: number }> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js') && !/^(main|start)\.js$/.test(name));
  const script = `
    import { enableCompileCache, flushCompileCache } from 'node:module';
    enableCompileCache({ directory: ${JSON.stringify(join(folder, 'compile-cache'))}, portable: true });
    for (const name of ${JSON.stringify(names)}) await import(${JSON.stringify(`file://${folder}/`)} + name);
    process.on('exit', flushCompileCache);
    await import(${JSON.stringify(`file://${folder}/main.js`)});
  `;
  const { code, stderr } = await nodeWithoutSettings(folder, script);
  if (code !== 5) throw new Error(`the bundle in ${folder} does not start: exit code ${code}\n${stderr}`);
  const cached = await readdir(join(folder, 'compile-cache'), { recursive: true });
  return { files: cached.length };
}

function nodeWithoutSettings(cwd: string, script: string): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const words = ['--input-type=module', '--eval', script];
    execFile(process.execPath, words, { cwd, env: {}, timeout: deadlineMs }, (error, _stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stderr });
    });
  });
}
