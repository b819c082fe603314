import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { Service } from '@millrace/catalog/service.ts';
import type { Chart } from 'cdk8s';

/** Where and from what Argo CD's own objects are made. */
export interface DeliveryPlace {
  chart: Chart;
  environment: EnvironmentName;
  platform: Platform;
  services: readonly Service[];
}

/** The only cluster that Argo CD writes to: its own. */
export const thisCluster = 'https://kubernetes.default.svc';

/** The folder of an environment in the repository that Argo CD watches. */
export const folderOf = (environment: EnvironmentName): string => `manifests/${environment}`;
