import { environments } from '@millrace/catalog/environments.ts';
import { fargateSizes } from '@millrace/catalog/fargate.ts';
import type { Platform } from '@millrace/catalog/platform.ts';

/** Where the policies of a cluster find their parameters. */
export const parametersName = { name: 'platform-policy', namespace: 'millrace-policy' } as const;

/** The ConfigMap that an environment's policies read, as charts/cluster.ts renders it. Lists are separated by commas. */
export function policyParameters(platform: Platform): {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  data: Record<string, string>;
} {
  const { edge, cluster, services } = platform;
  const sizes = fargateSizes.flatMap(({ vcpu, memoryMib }) => memoryMib.map((mib) => `${vcpu * 1000}m/${mib}Mi`));
  const groups = Object.values(services).map(({ securityGroupId }) => securityGroupId);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...parametersName },
    data: {
      account: platform.account,
      allowedSecurityGroups: groups.sort().join(','),
      clusterSecurityGroup: cluster.securityGroupId,
      domain: environments[platform.environment].domain,
      environment: platform.environment,
      fargateSizes: sizes.join(','),
      region: platform.region,
      registry: platform.registry,
      sslPolicies: edge.sslPolicy,
      wafAclArn: edge.wafAclArn,
    },
  };
}
