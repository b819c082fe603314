import type { IServiceAccount } from 'cdk8s-plus-29';
import { ServiceAccount } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { metadataOf } from './place.ts';

/** How long a token for AWS is good; the kubelet replaces it at 80 %. An hour is the least that EKS takes. */
const tokenSeconds = 3_600;

/**
 * Who the service is, in the cluster and in AWS (IRSA; Pod Identity does not work on Fargate). The Kubernetes token is not
 * mounted. EKS's webhook sees the role here and adds a projected token for sts.amazonaws.com, AWS_ROLE_ARN and
 * AWS_WEB_IDENTITY_TOKEN_FILE to each pod; it does so without an automounted token too.
 */
export function addServiceAccount(place: Place): IServiceAccount {
  const { service, platform } = place;
  const roleArn = platform.services[service.name]?.roleArn;
  if (!roleArn) throw new Error(`${service.name} has no role in ${platform.environment}: checked before rendering`);
  const account = new ServiceAccount(place.chart, 'service-account', {
    automountToken: false,
    metadata: metadataOf(place, {
      name: service.name,
      wave: 'identity',
      annotations: {
        'eks.amazonaws.com/role-arn': roleArn,
        'eks.amazonaws.com/sts-regional-endpoints': 'true',
        'eks.amazonaws.com/token-expiration': String(tokenSeconds),
      },
    }),
  });
  // cdk8s-plus is compiled without exactOptionalPropertyTypes.
  return account as IServiceAccount;
}
