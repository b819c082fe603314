import type { ApiObjectMetadata } from 'cdk8s';
import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';

/** Source: github.com/aws/amazon-vpc-resource-controller-k8s v1.8.2, config/crd/bases. */
interface SecurityGroupPolicySpec {
  podSelector: { matchLabels: Record<string, string> };
  securityGroups: { groupIds: readonly string[] };
}

/** Source: github.com/kedacore/keda v2.20.2, config/crd/bases. */
interface TriggerAuthenticationSpec {
  podIdentity: { provider: 'aws' };
}

/** Source: as above. Times are in seconds. */
interface ScaledObjectSpec {
  scaleTargetRef: { apiVersion: 'apps/v1'; kind: 'Deployment'; name: string };
  minReplicaCount: number;
  maxReplicaCount: number;
  pollingInterval: number;
  cooldownPeriod: number;
  fallback: { failureThreshold: number; replicas: number };
  triggers: readonly {
    type: 'aws-sqs-queue';
    name: string;
    metadata: { queueURL: string; queueLength: string; awsRegion: string; scaleOnInFlight: 'true' | 'false' };
    authenticationRef: { name: string };
  }[];
}

/** The custom resources that we make, by kind. */
interface Specs {
  SecurityGroupPolicy: SecurityGroupPolicySpec;
  TriggerAuthentication: TriggerAuthenticationSpec;
  ScaledObject: ScaledObjectSpec;
}

const apiVersions: Record<keyof Specs, string> = {
  SecurityGroupPolicy: 'vpcresources.k8s.aws/v1beta1',
  TriggerAuthentication: 'keda.sh/v1alpha1',
  ScaledObject: 'keda.sh/v1alpha1',
};

/** Adds a custom resource; cdk8s-plus knows none of them. */
export function addCustomResource<Kind extends keyof Specs>(
  scope: Construct,
  kind: Kind,
  object: { metadata: ApiObjectMetadata & { name: string }; spec: Specs[Kind] },
): void {
  new ApiObject(scope, `${kind}-${object.metadata.name}`, { apiVersion: apiVersions[kind], kind, ...object });
}
