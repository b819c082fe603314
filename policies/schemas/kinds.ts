/** The version of Kubernetes whose schemas are kept; a test compares it with the catalog's clusters. */
export const clusterVersion = '1.35';

/** A kind whose schema is kept: what we render, what add-ons' manifests hold, what Argo CD is told. */
export interface KeptKind {
  group: string;
  version: string;
  kinds: readonly string[];
}

export const keptKinds: readonly KeptKind[] = [
  {
    group: '',
    version: 'v1',
    kinds: [
      'ConfigMap',
      'LimitRange',
      'Namespace',
      'PersistentVolume',
      'PersistentVolumeClaim',
      'Pod',
      'ResourceQuota',
      'Secret',
      'Service',
      'ServiceAccount',
    ],
  },
  { group: 'apps', version: 'v1', kinds: ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'] },
  { group: 'batch', version: 'v1', kinds: ['CronJob', 'Job'] },
  { group: 'autoscaling', version: 'v2', kinds: ['HorizontalPodAutoscaler'] },
  { group: 'policy', version: 'v1', kinds: ['PodDisruptionBudget'] },
  { group: 'networking.k8s.io', version: 'v1', kinds: ['Ingress', 'IngressClass', 'NetworkPolicy'] },
  {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kinds: ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
  },
  { group: 'scheduling.k8s.io', version: 'v1', kinds: ['PriorityClass'] },
  {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    kinds: ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  },
  { group: 'keda.sh', version: 'v1alpha1', kinds: ['ScaledObject', 'TriggerAuthentication'] },
  { group: 'vpcresources.k8s.aws', version: 'v1beta1', kinds: ['SecurityGroupPolicy'] },
  {
    group: 'argoproj.io',
    version: 'v1alpha1',
    kinds: ['AnalysisTemplate', 'AppProject', 'Application', 'ApplicationSet', 'Rollout'],
  },
];

/** Where the custom resources' definitions come from: a Go module, its version, and files in it. */
export const definitionSources = [
  {
    module: 'github.com/kedacore/keda/v2',
    version: 'v2.20.2',
    files: ['config/crd/bases/keda.sh_scaledobjects.yaml', 'config/crd/bases/keda.sh_triggerauthentications.yaml'],
  },
  {
    module: 'github.com/aws/amazon-vpc-resource-controller-k8s',
    version: 'v1.8.2',
    files: ['config/crd/bases/vpcresources.k8s.aws_securitygrouppolicies.yaml'],
  },
  {
    module: 'github.com/argoproj/argo-rollouts',
    version: 'v1.10.1',
    files: [
      'manifests/crds/rollout-crd.yaml',
      'manifests/crds/analysis-template-crd.yaml',
      'manifests/crds/cluster-analysis-template-crd.yaml',
      'manifests/crds/analysis-run-crd.yaml',
      'manifests/crds/experiment-crd.yaml',
    ],
  },
  {
    module: 'github.com/argoproj/argo-cd/v3',
    version: 'v3.2.11',
    files: [
      'manifests/crds/application-crd.yaml',
      'manifests/crds/appproject-crd.yaml',
      'manifests/crds/applicationset-crd.yaml',
    ],
  },
] as const;

/** The file of a kind's schema, as kubeconform's template `{{.ResourceKind}}{{.KindSuffix}}.json` spells it. */
export function schemaFile(kind: string, facts: { group: string; version: string }): string {
  const first = facts.group.split('.')[0];
  return `${kind.toLowerCase()}-${first ? `${first}-` : ''}${facts.version}.json`;
}
