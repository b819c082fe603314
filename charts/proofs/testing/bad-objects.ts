import type { BadSet } from './bad-sets.ts';
import type { Loose } from './sets.ts';
import { goodSet, withCopy, withObject, withoutObject } from './sets.ts';

const prod = goodSet('prod');
const worker = 'order/deployment-order-worker.yaml';
const pod = (manifest: Loose): Loose => manifest.spec.template;

/** Companions, identities and profiles. */
export const badObjects: readonly BadSet[] = [
  {
    code: 'X101',
    proof: 'disruptionBudgets',
    what: 'a workload of two pods without a budget',
    set: withoutObject(prod, 'order/poddisruptionbudget-order-worker.yaml'),
    place: `manifests/prod/${worker}`,
    message: 'Add one, maxUnavailable 1',
  },
  {
    code: 'X102',
    proof: 'disruptionBudgets',
    what: 'two budgets for the same pods',
    set: withCopy(prod, 'order/poddisruptionbudget-order-worker.yaml', (budget) => {
      budget.metadata.name = 'another';
    }),
    place: `manifests/prod/${worker}`,
    message: 'Keep one of them',
  },
  {
    code: 'X103',
    proof: 'disruptionBudgets',
    what: 'a budget that lets nothing go',
    set: withObject(prod, 'order/poddisruptionbudget-order-worker.yaml', (budget) => {
      budget.spec.maxUnavailable = undefined;
      budget.spec.minAvailable = '100%';
    }),
    place: 'manifests/prod/order/poddisruptionbudget-order-worker.yaml spec',
    message: 'Write maxUnavailable: 1',
  },
  {
    code: 'X103',
    proof: 'disruptionBudgets',
    what: 'a budget for nothing',
    set: withCopy(prod, 'order/poddisruptionbudget-order-worker.yaml', (budget) => {
      budget.metadata.name = 'lost';
      budget.spec.selector.matchLabels['app.kubernetes.io/component'] = 'nobody';
    }),
    place: 'manifests/prod/order/poddisruptionbudget-lost.yaml spec.selector',
    message: 'selects no pods',
  },
  {
    code: 'X103',
    proof: 'disruptionBudgets',
    what: 'an operator that Kubernetes does not know',
    set: withCopy(prod, 'order/poddisruptionbudget-order-worker.yaml', (budget) => {
      budget.metadata.name = 'lost';
      budget.spec.selector.matchExpressions = [{ key: 'millrace.dev/gone', operator: 'Absent' }];
    }),
    place: 'manifests/prod/order/poddisruptionbudget-lost.yaml spec.selector',
    message: 'selects no pods',
  },
  {
    code: 'X104',
    proof: 'securityGroups',
    what: "another service's security group",
    set: withObject(prod, 'dashboard/securitygrouppolicy-dashboard.yaml', (policy) => {
      policy.spec.securityGroups.groupIds = [prod.platform.services['payment']?.securityGroupId];
    }),
    place: 'manifests/prod/dashboard/securitygrouppolicy-dashboard.yaml spec.securityGroups',
    message: "alone: dashboard's",
  },
  {
    code: 'X104',
    proof: 'securityGroups',
    what: "the cluster's security group, whose members all talk to each other",
    set: withObject(prod, 'dashboard/securitygrouppolicy-dashboard.yaml', (policy) => {
      policy.spec.securityGroups.groupIds.push(prod.platform.cluster.securityGroupId);
    }),
    place: 'manifests/prod/dashboard/securitygrouppolicy-dashboard.yaml spec.securityGroups',
    message: "alone: dashboard's",
  },
  {
    code: 'X104',
    proof: 'securityGroups',
    what: 'a policy that selects too little',
    set: withObject(prod, 'dashboard/securitygrouppolicy-dashboard.yaml', (policy) => {
      policy.spec.podSelector.matchLabels['app.kubernetes.io/component'] = 'other';
    }),
    place: 'manifests/prod/dashboard/rollout-dashboard-api.yaml',
    message: 'Add one for dashboard',
  },
  {
    code: 'X105',
    proof: 'networkServices',
    what: 'a Deployment that listens without a Service',
    set: withoutObject(prod, 'order/service-order-worker.yaml'),
    place: `manifests/prod/${worker}`,
    message: 'Add the Service order-worker',
  },
  {
    code: 'X105',
    proof: 'networkServices',
    what: 'a Service that finds nothing',
    set: withCopy(prod, 'order/service-order-worker.yaml', (service) => {
      service.metadata.name = 'lost';
      service.spec.ports[0].targetPort = 9;
    }),
    place: 'manifests/prod/order/service-lost.yaml spec',
    message: 'Mend the selector or targetPort',
  },
  {
    code: 'X301',
    proof: 'identities',
    what: 'pods under the default account',
    set: withObject(prod, worker, (manifest) => {
      pod(manifest).spec.serviceAccountName = 'default';
    }),
    place: `manifests/prod/${worker} spec.template.spec.serviceAccountName`,
    message: 'Write order and render that account',
  },
  {
    code: 'X302',
    proof: 'identities',
    what: "another service's role",
    set: withObject(prod, 'order/serviceaccount-order.yaml', (account) => {
      account.metadata.annotations['eks.amazonaws.com/role-arn'] = prod.platform.services['payment']?.roleArn;
    }),
    place: 'manifests/prod/order/serviceaccount-order.yaml metadata.annotations.eks.amazonaws.com/role-arn',
    message: 'Write arn:aws:iam::777788889999:role/prod-millrace-order',
  },
  {
    code: 'X303',
    proof: 'identities',
    what: 'an account that the role does not trust',
    set: withCopy(prod, 'order/serviceaccount-order.yaml', (account) => {
      account.metadata.name = 'second';
    }),
    place: 'manifests/prod/order/serviceaccount-second.yaml',
    message: 'Name the account order',
  },
  {
    code: 'X304',
    proof: 'pointedAt',
    what: 'a bucket that the role may not use',
    set: withObject(prod, 'user/configmap-user.yaml', (map) => {
      map.data.UPLOADS_BUCKET = 'prod-millrace-products-777788889999';
    }),
    place: 'manifests/prod/user/rollout-user-api.yaml',
    message: 'which the role of user may not use',
  },
  {
    code: 'X304',
    proof: 'pointedAt',
    what: 'a sender of a domain that the role may not use',
    set: withObject(prod, 'notification/configmap-notification.yaml', (map) => {
      map.data.MAIL_FROM = 'no-reply@elsewhere.example';
    }),
    place: 'manifests/prod/notification/rollout-notification-api.yaml',
    message: 'which the role of notification may not use',
  },
  {
    code: 'X304',
    proof: 'pointedAt',
    what: "another service's queue as a measure",
    set: withObject(prod, 'order/scaledobject-order-worker.yaml', (scaler) => {
      const [trigger] = scaler.spec.triggers;
      trigger.metadata.queueURL = trigger.metadata.queueURL.replace('order-', 'payment-');
    }),
    place: 'manifests/prod/order/scaledobject-order-worker.yaml spec.triggers',
    message: 'no queue that scales order',
  },
  {
    code: 'X304',
    proof: 'pointedAt',
    what: 'a secret that the role may not read',
    set: withObject(prod, 'analytics/configmap-analytics.yaml', (map) => {
      map.data.SIGNING_KEY_SECRET_ARN = map.data.SIGNING_KEY_SECRET_ARN.replace('/analytics/', '/analytic5/');
    }),
    place: 'manifests/prod/analytics/deployment-analytics-relay.yaml',
    message: 'Declare it in the catalog\'s "secrets"',
  },
  {
    code: 'X304',
    proof: 'pointedAt',
    what: 'a secret whose name begins like its own',
    set: withObject(prod, 'analytics/configmap-analytics.yaml', (map) => {
      map.data.SIGNING_KEY_SECRET_ARN += '-other';
    }),
    place: 'manifests/prod/analytics/deployment-analytics-relay.yaml',
    message: 'which the role of analytics may not use',
  },
  {
    code: 'X401',
    proof: 'fargateProfiles',
    what: 'pods that no profile takes',
    set: withObject(prod, 'order/job-order-migrate-000000000000.yaml', (manifest) => {
      pod(manifest).metadata.labels['millrace.dev/zone'] = 'moon';
      pod(manifest).metadata.labels['eks.amazonaws.com/fargate-profile'] = undefined;
    }),
    place: 'manifests/prod/order/job-order-migrate-000000000000.yaml spec.template.metadata.labels',
    message: 'Write the labels of a slice',
  },
  {
    code: 'X402',
    proof: 'fargateProfiles',
    what: 'pods that ask for a profile that is not there',
    set: withObject(prod, worker, (manifest) => {
      pod(manifest).metadata.labels['eks.amazonaws.com/fargate-profile'] = 'prod-gone';
    }),
    place: `manifests/prod/${worker} spec.template.metadata.labels`,
    message: 'does not exist',
  },
  {
    code: 'X404',
    proof: 'fargateProfiles',
    what: 'more profiles than the account may have',
    set: { ...prod, platform: { ...prod.platform, cluster: { ...prod.platform.cluster, profileQuota: 4 } } },
    place: 'catalog/platform.prod.json cluster.profileQuota',
    message: '5 profiles are planned',
  },
];
