import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlatform } from './check-platform.ts';
import { environmentNames } from './environments.ts';
import { services } from './services.ts';
import type { Wrong } from './testing/change.ts';

const good = (environment: string): Wrong =>
  JSON.parse(readFileSync(join(import.meta.dirname, `platform.${environment}.json`), 'utf8'));

/** The contract of prod with something changed. */
function faultsOf(change: (contract: Wrong) => void) {
  const contract = good('prod');
  change(contract);
  return readPlatform(JSON.stringify(contract), { environment: 'prod', services }).faults;
}

const file = 'catalog/platform.prod.json';

const cases: [code: string, place: string, message: string, change: (contract: Wrong) => void][] = [
  ['E004', 'cluster.vpcId', 'is wrong', (c) => (c.cluster.vpcId = 'main')],
  ['E004', 'services.order', 'Run Terraform', (c) => delete c.services.order],
  ['E004', 'services.analytics.secrets.SIGNING_KEY', 'Write the ARN of', (c) => delete c.services.analytics.secrets],
  ['E010', 'cluster.profilequota', 'Did you mean profileQuota?', (c) => (c.cluster.profilequota = 10)],
  ['E010', 'services.loyalty', 'there is no such service', (c) => (c.services.loyalty = c.services.order)],
  [
    'E010',
    'services.user.secrets.OTHER',
    'declares no such secret',
    (c) => (c.services.user.secrets = { OTHER: c.services.analytics.secrets.SIGNING_KEY }),
  ],
  [
    'E045',
    'aurora.maxConnections',
    'analytics 23 pods × 10 + user 19 pods × 10',
    (c) => (c.aurora.maxConnections = 900),
  ],
  ['E051', 'telemetry.logGroup', 'looks like a password', (c) => (c.telemetry.logGroup = 'password=hunter2')],
  ['E060', 'environment', 'one of', (c) => (c.environment = 'production')],
  ['E060', '', 'this is the contract of dev', (c) => Object.assign(c, good('dev'))],
  ['E062', 'edge.wafAclArn', 'Write the ARN of the WAF', (c) => delete c.edge.wafAclArn],
  ['E063', 'edge.certificateArn', 'there is no certificate', (c) => (c.edge.certificateArn = '')],
  ['E064', 'aurora.isPublic', 'must not be public', (c) => (c.aurora.isPublic = true)],
  ['E070', 'zones[1].cidr', 'overlaps', (c) => (c.zones[1].cidr = c.zones[0].cidr.replace('/20', '/19'))],
  ['E070', 'zones[2].cidr', "is not in the VPC's", (c) => (c.zones[2].cidr = '192.168.0.0/20')],
  ['E071', 'zones', 'Write one entry for each zone', (c) => c.zones.pop()],
  ['E071', 'zones[1].name', 'Name each zone once', (c) => (c.zones[1].name = c.zones[0].name)],
  ['E071', 'zones[0].name', 'no zone of us-east-1', (c) => (c.zones[0].name = 'eu-west-1a')],
  ['E072', 'zones[0].cidr', 'Write a /24 or larger', (c) => (c.zones[0].cidr = c.zones[0].cidr.replace('/20', '/26'))],
  ['E080', 'account', 'is not the account of prod', (c) => (c.account = '111122223333')],
  ['E080', 'registry', "another account's or region's registry", (c) => (c.registry = 'docker.io')],
  [
    'E080',
    'edge.wafAclArn',
    'region "eu-west-1", prod is us-east-1',
    (c) => (c.edge.wafAclArn = c.edge.wafAclArn.replace('us-east-1', 'eu-west-1')),
  ],
  [
    'E080',
    'edge.certificateArn',
    'partition "aws-cn"',
    (c) => (c.edge.certificateArn = c.edge.certificateArn.replace('arn:aws:', 'arn:aws-cn:')),
  ],
  [
    'E080',
    'services.order.roleArn',
    'Write arn:aws:iam::777788889999:role/prod-millrace-order',
    (c) => (c.services.order.roleArn = c.services.user.roleArn),
  ],
  [
    'E080',
    'services.order.roleArn',
    'account "123456789012"',
    (c) => (c.services.order.roleArn = 'arn:aws:iam::123456789012:role/prod-millrace-order'),
  ],
  [
    'E080',
    'services.analytics.secrets.SIGNING_KEY',
    'Write its whole ARN',
    (c) => (c.services.analytics.secrets.SIGNING_KEY += 'x'),
  ],
  ['E004', 'addOns.keda', 'Run Terraform', (c) => delete c.addOns.keda],
  ['E010', 'addOns.kedda', 'Did you mean keda?', (c) => (c.addOns.kedda = c.addOns.keda)],
  ['E010', 'addOns.velero', 'Take it away', (c) => (c.addOns.velero = c.addOns.keda)],
  [
    'E080',
    'addOns.keda.roleArn',
    'Write arn:aws:iam::777788889999:role/prod-millrace-keda',
    (c) => (c.addOns.keda = c.addOns['argo-rollouts']),
  ],
  [
    'E080',
    'addOns.keda.roleArn',
    'account "123456789012"',
    (c) => (c.addOns.keda.roleArn = 'arn:aws:iam::123456789012:role/prod-millrace-keda'),
  ],
  ['E066', 'argocd.domain', 'Write argocd.millrace.example', (c) => (c.argocd.domain = 'argocd.elsewhere.example')],
  ['E066', 'argocd.domain', 'is not below', (c) => (c.argocd.domain = 'evilmillrace.example')],
  [
    'E080',
    'argocd.notificationTopicArn',
    'Write arn:aws:sns:us-east-1:777788889999:prod-millrace-releases',
    (c) => (c.argocd.notificationTopicArn = 'arn:aws:sns:us-east-1:777788889999:others'),
  ],
  [
    'E080',
    'telemetry.metricsUrl',
    'no workspace of Prometheus in us-east-1',
    (c) => (c.telemetry.metricsUrl = c.telemetry.metricsUrl.replace('us-east-1', 'eu-west-1')),
  ],
  [
    'E051',
    'delivery.repository',
    'looks like a URL with a password',
    (c) => (c.delivery.repository = 'https://robot:hunter2@git.millrace.example/x.git'),
  ],
  [
    'E051',
    'delivery.repository',
    'holds a name or a password',
    (c) => (c.delivery.repository = 'https://robot@git.millrace.example/x.git'),
  ],
  ['E004', 'delivery.repository', 'is wrong', (c) => (c.delivery.repository = 'ssh://git.millrace.example/x.git')],
  ['E004', 'delivery.releaseWindows[0].schedule', 'five fields', (c) => (c.delivery.releaseWindows[0].schedule = '8')],
  ['E004', 'delivery.releaseWindows[0].duration', 'such as 10h', (c) => (c.delivery.releaseWindows[0].duration = '1d')],
  ['E004', 'delivery.releaseWindows[0].timeZone', 'IANA', (c) => (c.delivery.releaseWindows[0].timeZone = 'Mars/One')],
  ['E004', 'argocd.clientId', 'is missing', (c) => delete c.argocd.clientId],
  [
    'E004',
    'services.payment.secrets.WEBHOOK_KEY',
    'payment/webhook-key',
    (c) => delete c.services.payment.secrets.WEBHOOK_KEY,
  ],
];

describe('the platform contract', () => {
  it.each(environmentNames)('of %s is right as it stands', (environment) => {
    const result = readPlatform(JSON.stringify(good(environment)), { environment, services });
    expect(result.faults).toEqual([]);
    expect(result.platform?.environment).toBe(environment);
  });

  it.each(cases)('is refused with %s at %s: %s', (code, place, message, change) => {
    const hits = faultsOf(change).filter((fault) => fault.code === code && fault.message.includes(message));
    expect(hits.map((fault) => fault.place)).toContain(place === '' ? `${file} environment` : `${file} ${place}`);
  });

  it('may give the first addresses of the VPC to a zone, and the database just enough connections', () => {
    const sum = Number(/may open (\d+)/.exec(faultsOf((c) => (c.aurora.maxConnections = 100))[0]?.message ?? '')?.[1]);
    const faults = (connections: number) =>
      faultsOf((c) => {
        c.zones[0].cidr = c.vpcCidr.replace('/16', '/20');
        c.aurora.maxConnections = connections;
      });
    expect(faults(sum + 16)).toEqual([]);
    expect(faults(sum + 15).map(({ code }) => code)).toEqual(['E045']);
  });

  it('that is not JSON is refused in one line', () => {
    expect(readPlatform('{', { environment: 'prod', services }).faults).toEqual([
      {
        place: file,
        code: 'E004',
        message: expect.stringMatching(/^is not JSON: [^\n]+ Write it from Terraform's outputs\.$/),
      },
    ]);
  });

  it('has all of its faults told at once, sorted', () => {
    const faults = faultsOf((contract) => {
      for (const [, , , change] of cases.slice(3, 8)) change(contract);
    });
    expect([...new Set(faults.map(({ code }) => code))]).toEqual(expect.arrayContaining(['E010', 'E045', 'E051']));
    expect(faults.map(({ place }) => place)).toEqual(faults.map(({ place }) => place).toSorted());
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });
});
