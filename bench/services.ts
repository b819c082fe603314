import { join } from 'node:path';
import type { Service } from '@millrace/catalog/service.ts';
import { builtServices, workloadProcess } from '@millrace/local/platform-plan.ts';
import { migrate } from '@millrace/runtime/migrate.ts';
import { containerVariables, prepareAnalytics } from './analytics.ts';
import type { Issuer } from './issuer.ts';
import type { Stage } from './stage.ts';
import { root } from './stage.ts';

/** What the services of a bench talk to. What is missing is an address where nobody answers. */
export interface Surroundings {
  /** By the service's name, and `warehouse`. */
  databases: Record<string, string>;
  issuer?: Issuer;
  awsUrl?: string;
  smtpUrl?: string;
}

const nowhere = 'http://127.0.0.1:9';

/** The secret that services of a bench sign with; other secrets follow from it as they do on a laptop. */
export const signingKey = 'a signing key of a bench, not a secret';

/** Every variable of a service's workload, named as on a laptop. The rate limits are lifted: they would be what is measured. */
export function variablesOf(
  place: { service: Service; workload: string; port: number },
  surroundings: Surroundings,
): Record<string, string> {
  const { service, workload, port } = place;
  const origin = surroundings.issuer?.origin ?? nowhere;
  const facts = {
    origin,
    gatewayUrl: origin,
    awsUrl: surroundings.awsUrl ?? nowhere,
    smtpUrl: surroundings.smtpUrl ?? 'smtp://127.0.0.1:9',
    signingKey,
    databases: surroundings.databases,
    cacheDir: '',
    variables: { LOG_LEVEL: 'error', COLLECT_SITE_PER_SECOND: '10000000', COLLECT_ADDRESS_PER_SECOND: '10000000' },
  };
  const { env } = workloadProcess({ service, workload, name: service.name, wishedPort: 0 }, port, facts);
  // A bundle has its own compile cache, and sources are measured without one.
  const { NODE_COMPILE_CACHE: _, ...variables } = env;
  return { ...variables, ...containerVariables };
}

/** Makes and migrates the databases of every service. */
export async function prepareDatabases(stage: Stage): Promise<Record<string, string>> {
  const databases: Record<string, string> = { warehouse: await stage.database('warehouse') };
  for (const { name, database } of builtServices()) {
    if (!database) continue;
    // Two of the names are words of SQL.
    const url = await stage.database(`${name}_service`);
    databases[name] = url;
    if (name === 'analytics') await prepareAnalytics({ databaseUrl: url, warehouseUrl: databases['warehouse'] ?? '' });
    else await migrate({ url, folder: join(root, 'services', name, 'migrations') });
  }
  return databases;
}
