import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Repository } from './repository.ts';
import { digestsIn } from './repository.ts';

/** What CI does once it has pushed a round's images of some services. */
export async function release(repository: Repository, round: string, services: readonly string[]): Promise<void> {
  const file = join(dirname(repository.work), 'images.json');
  writeFileSync(file, JSON.stringify(digestsIn(round, services)));
  await repository.mustRun('charts/release/release-main.ts', '--env', 'dev', '--images', file);
}

/** What a person does, with some services or all; into prod by a pull request, which somebody merges. */
export async function promote(
  repository: Repository,
  to: EnvironmentName,
  services?: readonly string[],
): Promise<{ branch: string | undefined }> {
  const words = ['--to', to, ...(services ? ['--service', services.join(',')] : [])];
  const output = await repository.mustRun('charts/release/promote-main.ts', ...words);
  const branch = /^branch (\S+)$/m.exec(output)?.[1];
  if (branch !== undefined) repository.git('merge', '--quiet', '--ff-only', branch);
  return { branch };
}
