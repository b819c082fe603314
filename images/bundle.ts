// node images/bundle.ts [service …]: bundles services into dist/<service>/ as their images hold them.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { services } from '@millrace/catalog/services.ts';
import { bundleService, folderBytes, maxEntryBytes, maxTotalBytes } from './bundle-service.ts';
import { imageUser, warmCompileCache } from './compile-cache.ts';

const root = resolve(import.meta.dirname, '..');
const built = services.map(({ name }) => name).filter((name) => existsSync(join(root, 'services', name, 'main.ts')));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : built;
const unknown = wanted.filter((name) => !built.includes(name));
if (unknown.length > 0) {
  console.error(`unknown service ${unknown.join(', ')}: choose from ${built.join(', ')}`);
  process.exit(2);
}

for (const service of wanted) {
  try {
    await bundleOne(service);
  } catch (error) {
    console.error(`${service}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 5;
  }
}

async function bundleOne(service: string): Promise<void> {
  const bundle = await bundleService({ root, service, folder: join(root, 'dist', service) });
  const { files } = await warmCompileCache(bundle.folder, { user: imageUser });
  const all = await folderBytes(bundle.folder);
  console.log(
    `${service}: entry ${kilobytes(bundle.entryBytes)}, code ${kilobytes(bundle.totalBytes)}, ` +
      `with files and ${files} cached modules ${kilobytes(all)}`,
  );
  if (bundle.entryBytes > maxEntryBytes || bundle.totalBytes > maxTotalBytes) {
    console.error(`${service} is larger than ${kilobytes(maxEntryBytes)} for the entry or ${kilobytes(maxTotalBytes)}`);
    process.exitCode = 4;
  }
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}
