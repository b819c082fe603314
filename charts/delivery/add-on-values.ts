import type { AddOnPlace } from './add-on-facts.ts';
import { budgetOf, podValues, roleAnnotations, serviceAccountValues } from './add-on-facts.ts';
import { argoCdValues } from './argo-cd-values.ts';
import { collectorValues } from './collector-values.ts';

/** The values of each add-on's chart. What stands in a chart by itself and is right is not repeated. */
export const addOnValues: Record<string, (place: AddOnPlace) => object> = {
  'argo-cd': argoCdValues,
  'aws-load-balancer-controller': loadBalancerControllerValues,
  'metrics-server': metricsServerValues,
  keda: kedaValues,
  'argo-rollouts': rolloutsValues,
  'adot-collector': collectorValues,
};

/** Source: kubernetes-sigs/aws-load-balancer-controller, helm/aws-load-balancer-controller/values.yaml. */
function loadBalancerControllerValues(place: AddOnPlace): object {
  const { cluster, region } = place.platform;
  const pods = podValues(place, 'controller');
  const budget = budgetOf(pods);
  return {
    clusterName: cluster.name,
    // Fargate has no instance metadata to ask for these.
    region,
    vpcId: cluster.vpcId,
    replicaCount: pods.replicas,
    resources: pods.resources,
    ...(budget && { podDisruptionBudget: budget }),
    serviceAccount: serviceAccountValues(place),
    ingressClass: 'alb',
    createIngressClassResource: true,
    defaultTargetType: 'ip',
    // Terraform makes security groups and their rules, and the web ACL is named by each Ingress.
    enableBackendSecurityGroup: false,
    enableShield: false,
    enableWaf: false,
    enableWafv2: true,
    // A Service opens no way in of its own.
    enableServiceMutatorWebhook: false,
    controllerConfig: { featureGates: { ALBGatewayAPI: false, NLBGatewayAPI: false } },
    keepTLSSecret: true,
  };
}

/** Source: sigs.k8s.io/metrics-server v0.9.0, charts/metrics-server/values.yaml. */
function metricsServerValues(place: AddOnPlace): object {
  const pods = podValues(place, 'metrics-server');
  const budget = budgetOf(pods);
  return {
    replicas: pods.replicas,
    resources: pods.resources,
    // On Fargate a pod has its node for itself, and the kubelet listens on 10250, which is the chart's own choice.
    containerPort: 4443,
    ...(budget && { podDisruptionBudget: { enabled: true, ...budget, unhealthyPodEvictionPolicy: 'AlwaysAllow' } }),
  };
}

/** Source: kedacore/charts v2.20.2, keda/values.yaml. */
function kedaValues(place: AddOnPlace): object {
  const operator = podValues(place, 'operator');
  const metricServer = podValues(place, 'metrics-apiserver');
  const webhooks = podValues(place, 'admission-webhooks');
  const budgets = Object.entries({ operator, metricServer, webhooks }).flatMap(([name, pods]) => {
    const budget = budgetOf(pods);
    return budget ? [[name, budget]] : [];
  });
  const { 'eks.amazonaws.com/role-arn': roleArn } = roleAnnotations(place);
  return {
    crds: { install: true },
    operator: { replicaCount: operator.replicas },
    metricsServer: { replicaCount: metricServer.replicas },
    webhooks: { enabled: true, replicaCount: webhooks.replicas },
    resources: {
      operator: operator.resources,
      metricServer: metricServer.resources,
      webhooks: webhooks.resources,
    },
    ...(budgets.length > 0 && { podDisruptionBudget: Object.fromEntries(budgets) }),
    serviceAccount: { operator: { create: true, name: place.addOn.identity?.serviceAccount } },
    podIdentity: {
      aws: { irsa: { enabled: true, audience: 'sts.amazonaws.com', roleArn, stsRegionalEndpoints: 'true' } },
    },
  };
}

/** Source: argoproj/argo-helm argo-rollouts-2.42.0, charts/argo-rollouts/values.yaml. */
function rolloutsValues(place: AddOnPlace): object {
  const pods = podValues(place, 'controller');
  const budget = budgetOf(pods);
  const others = [
    'istio',
    'smi',
    'ambassador',
    'awsAppMesh',
    'traefik',
    'apisix',
    'contour',
    'glooPlatform',
    'gatewayAPI',
  ];
  return {
    installCRDs: true,
    keepCRDs: true,
    // One person changes a release: Git.
    dashboard: { enabled: false },
    controller: {
      image: { tag: place.addOn.imageTag },
      replicas: pods.replicas,
      resources: pods.resources,
      ...(budget && { pdb: { enabled: true, ...budget } }),
      metrics: { enabled: true },
    },
    serviceAccount: serviceAccountValues(place),
    providerRBAC: {
      enabled: true,
      providers: {
        ...Object.fromEntries(others.map((name) => [name, false])),
        awsLoadBalancerController: true,
      },
    },
  };
}
