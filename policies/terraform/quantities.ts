import type { Built, BuiltResource } from './built.ts';
import { listIn, ofType, textIn } from './drift/built-index.ts';

/**
 * How much there is of what AWS bills by the hour or by the month, whether somebody comes or not. `most` is where an
 * autoscaler or a limit ends. catalog/prices.ts has the price of each, by the same name.
 */
export type Quantities = Record<string, { least: number; most: number }>;

type Values = BuiltResource['values'];

/** Counts it in what an environment builds. */
export function quantitiesOf(built: Built): Quantities {
  const count = (type: string): number => ofType(built, type).length;
  const fixed = (amount: number): { least: number; most: number } => ({ least: amount, most: amount });
  const nodes = nodesByType(built);
  const found: Quantities = {
    auroraAcuHour: auroraUnits(built),
    redshiftRpuHour: { least: 0, most: rpuHours(built) },
    natGatewayHour: fixed(count('aws_nat_gateway')),
    publicAddressHour: fixed(count('aws_eip')),
    endpointZoneHour: fixed(endpointZones(built)),
    keyMonth: fixed(count('aws_kms_key')),
    secretMonth: fixed(count('aws_secretsmanager_secret') + managedSecrets(built)),
    alarmMonth: fixed(count('aws_cloudwatch_metric_alarm')),
    dashboardMonth: fixed(count('aws_cloudwatch_dashboard')),
    webAclMonth: fixed(count('aws_wafv2_web_acl')),
    webAclRuleMonth: fixed(ofType(built, 'aws_wafv2_web_acl').reduce((sum, { values }) => sum + rulesIn(values), 0)),
    hostedZoneMonth: fixed(count('aws_route53_zone')),
    ...Object.fromEntries([...nodes].map(([type, amount]) => [`cacheNodeHour ${type}`, fixed(amount)])),
  };
  return Object.fromEntries(Object.entries(found).filter(([, { most }]) => most > 0));
}

const numberIn = (values: Values, key: string): number => Number(values[key] ?? 0);

/** Capacity units of Aurora Serverless, of the writer and of each reader. */
function auroraUnits(built: Built): { least: number; most: number } {
  const instances = ofType(built, 'aws_rds_cluster_instance').length;
  const scaling = ofType(built, 'aws_rds_cluster').flatMap(({ values }) =>
    listIn(values, 'serverlessv2_scaling_configuration'),
  );
  const sum = (key: string): number => scaling.reduce((total, each) => total + numberIn(each, key), 0) * instances;
  return { least: sum('min_capacity'), most: sum('max_capacity') };
}

/** Redshift sleeps while nobody asks; its usage limit says how many hours of a unit a month may have. */
function rpuHours(built: Built): number {
  const perMonth: Record<string, number> = { daily: 30, weekly: 4, monthly: 1 };
  const limits = ofType(built, 'aws_redshiftserverless_usage_limit')
    .filter(({ values }) => values['usage_type'] === 'serverless-compute')
    .map(({ values }) => numberIn(values, 'amount') * (perMonth[textIn(values, 'period') || 'monthly'] ?? 1));
  return limits.length > 0 ? Math.min(...limits) : 0;
}

/** An interface endpoint is billed in each zone that it stands in. */
const endpointZones = (built: Built): number =>
  ofType(built, 'aws_vpc_endpoint')
    .filter(({ values }) => values['vpc_endpoint_type'] === 'Interface')
    .reduce((sum, { values }) => sum + (Array.isArray(values['subnet_ids']) ? values['subnet_ids'].length : 0), 0);

/** Passwords of administrators that RDS and Redshift keep in Secrets Manager themselves. */
const managedSecrets = (built: Built): number =>
  ofType(built, 'aws_rds_cluster').filter(({ values }) => values['manage_master_user_password'] === true).length +
  ofType(built, 'aws_redshiftserverless_namespace').filter(({ values }) => values['manage_admin_password'] === true)
    .length;

const rulesIn = (values: Values): number => listIn(values, 'rule').length;

function nodesByType(built: Built): Map<string, number> {
  const nodes = new Map<string, number>();
  for (const { values } of ofType(built, 'aws_elasticache_replication_group')) {
    const type = textIn(values, 'node_type');
    nodes.set(type, (nodes.get(type) ?? 0) + numberIn(values, 'num_cache_clusters'));
  }
  return nodes;
}
