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
