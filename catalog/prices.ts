/** A price of AWS, with the day and the place where it was read. USD, region us-east-1. */
export interface Price {
  usd: number;
  per: string;
  asOf: string;
  source: string;
}

/** Prices besides Fargate's own, which stand in fargate.ts. */
export const prices = {
  eventBridgeMillion: {
    usd: 1,
    per: 'million custom events of up to 64 KB',
    asOf: '2026-03-13',
    source: 'https://aws.amazon.com/eventbridge/pricing/ as quoted by cloudburn.io in March 2026',
  },
  sqsMillion: {
    usd: 0.4,
    per: 'million requests of up to 64 KB to standard queues; the first million of a month is free and not deducted here',
    asOf: '2026-03-14',
    source: 'https://aws.amazon.com/sqs/pricing/ as quoted by cloudburn.io in March 2026',
  },
  eksClusterHour: {
    usd: 0.1,
    per: 'hour of one cluster while its Kubernetes version is in standard support (0.60 after that)',
    asOf: '2026-03-13',
    source: 'https://aws.amazon.com/eks/pricing/ as quoted by cloudburn.io in March 2026',
  },
} as const satisfies Record<string, Price>;

/** Nobody quotes it in what could be read on that day: look before a decision hangs on it. */
const remembered = (page: string): string => `https://aws.amazon.com/${page}/pricing/ as remembered, not read again`;

/** Prices of what Terraform builds and AWS bills by the hour or the month, by the names in catalog/built.json. */
export const builtPrices: Readonly<Record<string, Price>> = {
  auroraAcuHour: {
    usd: 0.12,
    per: 'hour of one capacity unit of Aurora Serverless v2, standard storage',
    asOf: '2026-05-15',
    source: 'https://aws.amazon.com/rds/aurora/pricing/ as quoted by awsnegotiations.com in May 2026',
  },
  redshiftRpuHour: {
    usd: 0.375,
    per: 'hour of one processing unit of Redshift Serverless, by the second, 60 at least',
    asOf: '2026-11-22',
    source: 'AWS Big Data Blog, "Amazon Redshift Serverless at 4 RPUs": 4 units at 1.50 an hour',
  },
  natGatewayHour: {
    usd: 0.045,
    per: 'hour of one NAT gateway, without what it carries',
    asOf: '2026-02-24',
    source: 'https://aws.amazon.com/vpc/pricing/ as quoted by cloudburn.io in February 2026',
  },
  publicAddressHour: {
    usd: 0.005,
    per: 'hour of one public IPv4 address',
    asOf: '2026-02-24',
    source: 'https://aws.amazon.com/vpc/pricing/ as quoted by cloudburn.io in February 2026',
  },
  endpointZoneHour: {
    usd: 0.01,
    per: 'hour of one interface endpoint in one zone, without what it carries',
    asOf: '2026-06-01',
    source: 'https://aws.amazon.com/privatelink/pricing/ as quoted by zacfukuda.com in June 2026',
  },
  'cacheNodeHour cache.t4g.micro': {
    usd: 0.0128,
    per: 'hour of one Valkey node cache.t4g.micro: a fifth less than Redis',
    asOf: '2026-11-22',
    source: remembered('elasticache'),
  },
  'cacheNodeHour cache.t4g.small': {
    usd: 0.0256,
    per: 'hour of one Valkey node cache.t4g.small: a fifth less than Redis',
    asOf: '2026-11-22',
    source: remembered('elasticache'),
  },
  'cacheNodeHour cache.t4g.medium': {
    usd: 0.052,
    per: 'hour of one Valkey node cache.t4g.medium: a fifth less than Redis',
    asOf: '2026-11-22',
    source: remembered('elasticache'),
  },
  keyMonth: {
    usd: 1,
    per: 'month of one customer managed key; its first two rotations add 1 each',
    asOf: '2026-03-14',
    source: 'https://aws.amazon.com/kms/pricing/ as quoted by cloudburn.io in March 2026',
  },
  secretMonth: {
    usd: 0.4,
    per: 'month of one secret',
    asOf: '2026-11-22',
    source: remembered('secrets-manager'),
  },
  alarmMonth: {
    usd: 0.1,
    per: 'month of one alarm of standard resolution; the first ten of an account are free and not deducted here',
    asOf: '2026-11-22',
    source: 'https://aws.amazon.com/cloudwatch/pricing/ as quoted by c3x.dev, read in November 2026',
  },
  dashboardMonth: {
    usd: 3,
    per: 'month of one dashboard; the first three of an account are free and not deducted here',
    asOf: '2026-11-22',
    source: remembered('cloudwatch'),
  },
  webAclMonth: {
    usd: 5,
    per: 'month of one web ACL, without the requests that it looks at (0.60 a million)',
    asOf: '2026-11-22',
    source:
      'https://aws.amazon.com/waf/pricing/ as quoted by awsnegotiations.com and thenegotiationexperts.com in 2026',
  },
  webAclRuleMonth: {
    usd: 1,
    per: 'month of one rule of a web ACL; a group of rules managed by AWS counts as one',
    asOf: '2026-11-22',
    source:
      'https://aws.amazon.com/waf/pricing/ as quoted by awsnegotiations.com and thenegotiationexperts.com in 2026',
  },
  hostedZoneMonth: {
    usd: 0.5,
    per: 'month of one hosted zone',
    asOf: '2026-11-22',
    source: remembered('route53'),
  },
  loadBalancerHour: {
    usd: 0.0225,
    per: 'hour of one Application Load Balancer, without its capacity units',
    asOf: '2026-11-22',
    source: remembered('elasticloadbalancing'),
  },
};
