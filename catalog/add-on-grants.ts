import { arnOf, roleArnOf } from './aws-names.ts';
import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';
import type { Grant, GrantCondition } from './least-privilege.ts';
import { clusterName, keyAlias, noticesName } from './names.ts';

/** Stands for the id of the workspace of Amazon Managed Service for Prometheus, `ws-…`. */
export const metricsPlaceholder = '<metrics-workspace-id>';

/** The load balancer controller's own tag on all that it made for a cluster. */
const clusterTag = 'elbv2.k8s.aws/cluster';

const readOnly = 'These actions read, and AWS knows no resource for them.';
const namedLater = 'The controller makes these and AWS numbers them; the account and the region are ours.';

/** What each add-on may do in AWS, by the name of its identity; KEDA's follows from the events. */
export function addOnGrants(environment: EnvironmentName): Record<string, Grant[]> {
  const workspace = arnOf(environment, 'aps', `workspace/${metricsPlaceholder}`);
  return {
    'aws-load-balancer-controller': loadBalancerGrants(environment),
    'argo-rollouts': [grant('QueryMetrics', ['aps:QueryMetrics'], [workspace])],
    'adot-collector': [
      grant('WriteMetrics', ['aps:RemoteWrite'], [workspace]),
      {
        ...grant('WriteTraces', ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], ['*']),
        wildcard: 'X-Ray knows no resource for what is sent to it.',
      },
    ],
    'argocd-notifications': noticeGrants(environment),
  };
}

const grant = (sid: string, actions: readonly string[], resources: readonly string[]): Grant => ({
  sid,
  actions,
  resources,
  conditions: [],
});

const equals = (variable: string, values: readonly string[]): GrantCondition => ({
  test: 'StringEquals',
  variable,
  values,
});

/** Argo CD knows SQS and not SNS: a queue takes its notices, and a pipe of EventBridge carries them to the topic. */
function noticeGrants(environment: EnvironmentName): Grant[] {
  const { region } = environments[environment];
  return [
    grant('SendNotices', ['sqs:GetQueueUrl', 'sqs:SendMessage'], [arnOf(environment, 'sqs', noticesName(environment))]),
    {
      ...grant(
        'UseNoticesKey',
        ['kms:Decrypt', 'kms:GenerateDataKey'],
        [arnOf(environment, 'kms', keyAlias(environment, 'releases'))],
      ),
      conditions: [equals('kms:ViaService', [`sqs.${region}.amazonaws.com`])],
    },
  ];
}

/**
 * The controller's own policy (kubernetes-sigs/aws-load-balancer-controller, docs/install/iam_policy.json of v3), cut to what
 * our Ingresses ask for: Application Load Balancers of this cluster, behind a security group, a certificate and a web ACL
 * that Terraform made. No security group is written, no Network Load Balancer, no Shield, no Cognito at the edge.
 */
function loadBalancerGrants(environment: EnvironmentName): Grant[] {
  const balancers = arnOf(environment, 'elasticloadbalancing', 'loadbalancer/app/*');
  const groups = arnOf(environment, 'elasticloadbalancing', 'targetgroup/*');
  const listeners = arnOf(environment, 'elasticloadbalancing', 'listener/app/*');
  const rules = arnOf(environment, 'elasticloadbalancing', 'listener-rule/app/*');
  const cluster = [clusterName(environment)];
  const own = equals(`aws:ResourceTag/${clusterTag}`, cluster);
  const asked = equals(`aws:RequestTag/${clusterTag}`, cluster);
  const untouched: GrantCondition = { test: 'Null', variable: `aws:RequestTag/${clusterTag}`, values: ['true'] };
  const elb = (actions: readonly string[]): string[] => actions.map((action) => `elasticloadbalancing:${action}`);
  const made = (statement: Grant, conditions: readonly GrantCondition[]): Grant => ({
    ...statement,
    conditions,
    wildcard: namedLater,
  });
  return [
    serviceRoleGrant(environment),
    { ...grant('SeeNetworkAndLoadBalancers', seen, ['*']), wildcard: readOnly },
    made(grant('MakeOwn', elb(['CreateLoadBalancer', 'CreateTargetGroup']), [balancers, groups]), [asked]),
    made(grant('TagWhatIsMade', elb(['AddTags']), [balancers, groups]), [
      asked,
      equals('elasticloadbalancing:CreateAction', ['CreateLoadBalancer', 'CreateTargetGroup']),
    ]),
    made(grant('TagOwn', elb(['AddTags', 'RemoveTags']), [balancers, groups]), [own, untouched]),
    made(grant('ChangeOwn', elb(changedByTag), [balancers, groups]), [own]),
    made(grant('RegisterTargets', elb(['DeregisterTargets', 'RegisterTargets']), [groups]), []),
    made(grant('TagListeners', elb(['AddTags', 'RemoveTags']), [listeners, rules]), []),
    made(grant('ChangeListeners', elb(changedListeners), [balancers, listeners, rules]), []),
    made(grant('UseWebAcl', usedWebAcl, [balancers, arnOf(environment, 'wafv2', 'regional/webacl/*')]), []),
  ];
}

/** The first load balancer of an account brings along the role by which AWS itself works on them. */
function serviceRoleGrant(environment: EnvironmentName): Grant {
  const service = 'elasticloadbalancing.amazonaws.com';
  const role = roleArnOf(environment, `aws-service-role/${service}/AWSServiceRoleForElasticLoadBalancing`);
  return {
    ...grant('MakeServiceRole', ['iam:CreateServiceLinkedRole'], [role]),
    conditions: [equals('iam:AWSServiceName', [service])],
  };
}

const seen = [
  'acm:DescribeCertificate',
  'acm:ListCertificates',
  'ec2:DescribeAccountAttributes',
  'ec2:DescribeAddresses',
  'ec2:DescribeAvailabilityZones',
  'ec2:DescribeInstances',
  'ec2:DescribeInternetGateways',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeTags',
  'ec2:DescribeVpcPeeringConnections',
  'ec2:DescribeVpcs',
  'ec2:GetSecurityGroupsForVpc',
  'elasticloadbalancing:DescribeCapacityReservation',
  'elasticloadbalancing:DescribeListenerAttributes',
  'elasticloadbalancing:DescribeListenerCertificates',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancerAttributes',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeRules',
  'elasticloadbalancing:DescribeSSLPolicies',
  'elasticloadbalancing:DescribeTags',
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  'elasticloadbalancing:DescribeTrustStores',
];

const changedByTag = [
  'DeleteLoadBalancer',
  'DeleteTargetGroup',
  'ModifyLoadBalancerAttributes',
  'ModifyTargetGroup',
  'ModifyTargetGroupAttributes',
  'SetIpAddressType',
  'SetSecurityGroups',
  'SetSubnets',
];

const changedListeners = [
  'AddListenerCertificates',
  'CreateListener',
  'CreateRule',
  'DeleteListener',
  'DeleteRule',
  'ModifyListener',
  'ModifyListenerAttributes',
  'ModifyRule',
  'RemoveListenerCertificates',
  'SetRulePriorities',
  'SetWebAcl',
];

const usedWebAcl = [
  'wafv2:AssociateWebACL',
  'wafv2:DisassociateWebACL',
  'wafv2:GetWebACL',
  'wafv2:GetWebACLForResource',
];
