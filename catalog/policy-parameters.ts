import { environments } from './environments.ts';
import { fargateSizes } from './fargate.ts';
import type { Platform } from './platform.ts';

/** Where the admission policies of a cluster find their parameters: a ConfigMap. */
export const policyParametersPlace = { name: 'platform-policy', namespace: 'millrace-policy' } as const;

/** What the admission policies compare with in an environment: texts, lists separated by commas. */
export function policyParametersOf(platform: Platform): Record<string, string> {
  const { edge, cluster, services } = platform;
  const sizes = fargateSizes.flatMap(({ vcpu, memoryMib }) => memoryMib.map((mib) => `${vcpu * 1000}m/${mib}Mi`));
  const groups = Object.values(services).map(({ securityGroupId }) => securityGroupId);
  return {
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
  };
}
