import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Repository } from './repository.ts';
import { digestsIn } from './repository.ts';

/** What CI does once it has pushed a round's images of some services. `words` are further ones of the command. */
export async function release(
  repository: Repository,
  { round, services, words = [] }: { round: string; services: readonly string[]; words?: readonly string[] },
): Promise<void> {
  const file = join(dirname(repository.work), 'images.json');
  writeFileSync(file, JSON.stringify(digestsIn(round, services)));
  await repository.mustRun('charts/release/release-main.ts', '--env', 'dev', '--images', file, ...words);
}

/** What a person does; into prod by a pull request, which somebody merges. `words` are further ones of the command. */
export async function promote(
  repository: Repository,
  { to, words = [] }: { to: EnvironmentName; words?: readonly string[] },
): Promise<{ branch: string | undefined }> {
  const output = await repository.mustRun('charts/release/promote-main.ts', '--to', to, ...words);
  const branch = /^branch (\S+)$/m.exec(output)?.[1];
  if (branch !== undefined) repository.git('merge', '--quiet', '--ff-only', branch);
  return { branch };
}
