import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import { platform } from '@millrace/catalog/platform.ts';

/** What Terraform built in an environment. @throws when the file is missing or is no platform contract. */
export function readPlatform(environment: EnvironmentName): Platform {
  const file = join(import.meta.dirname, '../catalog', `platform.${environment}.json`);
  return platform.parse(JSON.parse(readFileSync(file, 'utf8')));
}
