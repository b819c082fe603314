/** The environments, in the order of promotion. */
export const environmentNames = ['dev', 'staging', 'prod'] as const;
export type EnvironmentName = (typeof environmentNames)[number];

/** One environment: where it lives and how long it keeps things. Account numbers are AWS's documentation examples until a real one is set. */
export interface Environment {
  name: EnvironmentName;
  account: string;
  region: string;
  domain: string;
  zoneCount: number;
  logRetentionDays: number;
  archiveRetentionDays: number;
  /** What goes from Git stays in the cluster until somebody says that it may go; else Argo CD takes it away at once. */
  confirmsDeletion: boolean;
}

export const environments: Record<EnvironmentName, Environment> = {
  dev: {
    name: 'dev',
    account: '111122223333',
    region: 'us-east-1',
    domain: 'dev.millrace.example',
    zoneCount: 3,
    logRetentionDays: 14,
    archiveRetentionDays: 7,
    confirmsDeletion: false,
  },
  staging: {
    name: 'staging',
    account: '444455556666',
    region: 'us-east-1',
    domain: 'staging.millrace.example',
    zoneCount: 3,
    logRetentionDays: 30,
    archiveRetentionDays: 14,
    confirmsDeletion: false,
  },
  prod: {
    name: 'prod',
    account: '777788889999',
    region: 'us-east-1',
    domain: 'millrace.example',
    zoneCount: 3,
    logRetentionDays: 365,
    archiveRetentionDays: 30,
    confirmsDeletion: true,
  },
};

/** A number for each environment: `perEnvironment(1, 2, 3)` is 1 in dev, 2 in staging, 3 in prod. */
export function perEnvironment(dev: number, staging: number, prod: number): Record<EnvironmentName, number> {
  return { dev, staging, prod };
}
