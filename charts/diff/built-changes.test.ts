import { describe, expect, it } from 'vitest';
import { compareBuilt } from './built-changes.ts';
import { diffText, paintFor } from './diff-text.ts';

const dev = {
  'network.aws_nat_gateway.this["a"]': { connectivity_type: 'public' },
  'aurora.aws_rds_cluster.this': { backup_retention_period: 35, scaling: [{ max_capacity: 2 }] },
  'events.aws_sqs_queue.bus["dlq"]': { name: '{env}-bus-dlq' },
};
const prod = {
  'network.aws_nat_gateway.this["a"]': { connectivity_type: 'public' },
  'network.aws_nat_gateway.this["b"]': { connectivity_type: 'public' },
  'aurora.aws_rds_cluster.this': { backup_retention_period: 35, scaling: [{ max_capacity: 4 }] },
};

describe('what Terraform builds in two environments', () => {
  const built = compareBuilt(dev, prod);

  it('is compared by address and field', () => {
    expect(built).toEqual({
      deleted: ['aws_sqs_queue events/bus["dlq"]'],
      added: ['aws_nat_gateway network/this["b"]'],
      changed: [
        {
          resource: 'aws_rds_cluster aurora/this',
          fields: [{ path: 'scaling[0].max_capacity', before: '2', after: '4' }],
        },
      ],
      note: undefined,
    });
  });

  it('is told by module, and counted at the top', () => {
    const report = { kind: 'environments', from: 'dev', to: 'prod', contracts: [], environments: [], built, notes: [] };
    const text = diffText({ ...report, kind: 'environments' }, paintFor(false));
    expect(text).toBe(
      [
        'dev → prod\n3 differences in what Terraform builds',
        'TERRAFORM: ONLY IN dev\n  - events: aws_sqs_queue bus["dlq"]',
        'TERRAFORM: DIFFERS\n  ~ aws_rds_cluster aurora/this\n      scaling[0].max_capacity: 2 → 4',
        'TERRAFORM: ONLY IN prod\n  + network: aws_nat_gateway this["b"]\n',
      ].join('\n\n'),
    );
  });
});
