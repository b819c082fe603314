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
  scaleTargetRef: { apiVersion: string; kind: string; name: string };
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

/** Source: github.com/argoproj/argo-rollouts v1.10.1, manifests/crds/rollout-crd.yaml. */
export interface RolloutSpec {
  /** Absent where an autoscaler keeps it. */
  replicas?: number;
  selector: { matchLabels: Record<string, string> };
  /** As in a Deployment. */
  template: { metadata: ApiObjectMetadata; spec: Record<string, unknown> };
  revisionHistoryLimit: number;
  progressDeadlineSeconds: number;
  progressDeadlineAbort: true;
  rollbackWindow: { revisions: number };
  analysis: { successfulRunHistoryLimit: number; unsuccessfulRunHistoryLimit: number };
  strategy: {
    canary: {
      stableService: string;
      pingPong: { pingService: string; pongService: string };
      trafficRouting: { alb: { ingress: string; rootService: string; servicePort: number } };
      maxSurge: string;
      maxUnavailable: number;
      minPodsPerReplicaSet: number;
      scaleDownDelaySeconds: number;
      abortScaleDownDelaySeconds: number;
      steps: readonly CanaryStep[];
    };
  };
}

type CanaryStep =
  | { setWeight: number }
  | {
      analysis: {
        templates: readonly { templateName: string }[];
        args: readonly { name: string; valueFrom: { podTemplateHashValue: 'Latest' | 'Stable' } }[];
      };
    };

/** Source: as above, analysis-template-crd.yaml. The conditions are in the language of expr-lang.org. */
export interface AnalysisMetric {
  name: string;
  initialDelay: string;
  interval: string;
  count: number;
  failureLimit: number;
  inconclusiveLimit: number;
  consecutiveErrorLimit: number;
  successCondition: string;
  failureCondition: string;
  provider: { prometheus: { address: string; authentication: { sigv4: { region: string } }; query: string } };
}

interface AnalysisTemplateSpec {
  args: readonly { name: string }[];
  metrics: readonly AnalysisMetric[];
}

/** The custom resources that we make, by kind. */
interface Specs {
  Rollout: RolloutSpec;
  AnalysisTemplate: AnalysisTemplateSpec;
  SecurityGroupPolicy: SecurityGroupPolicySpec;
  TriggerAuthentication: TriggerAuthenticationSpec;
  ScaledObject: ScaledObjectSpec;
}

const apiVersions: Record<keyof Specs, string> = {
  Rollout: 'argoproj.io/v1alpha1',
  AnalysisTemplate: 'argoproj.io/v1alpha1',
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
