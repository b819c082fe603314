import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { roleName } from '@millrace/catalog/names.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import { platform } from '@millrace/catalog/platform.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { services as catalog } from '@millrace/catalog/services.ts';

const folder = join(import.meta.dirname, '../../catalog');

/** The platform contract of the repository; services that it lacks get a role and a security group. */
export function testPlatform(environment: EnvironmentName, services: readonly Service[] = catalog): Platform {
  const contract = platform.parse(JSON.parse(readFileSync(join(folder, `platform.${environment}.json`), 'utf8')));
  const made = services.map(({ name }) => [
    name,
    {
      roleArn: `arn:aws:iam::${contract.account}:role/${roleName(environment, name)}`,
      securityGroupId: `sg-${createHash('sha256').update(name).digest('hex').slice(0, 17)}`,
    },
  ]);
  return { ...contract, services: { ...(Object.fromEntries(made) as Platform['services']), ...contract.services } };
}
