import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addOnIdentities } from './add-ons.ts';
import { wildcardsOf } from './check-grants.ts';
import { environmentNames } from './environments.ts';
import { allGrants, allRoles, grantsOf, scalingQueues } from './least-privilege.ts';
import { queueName } from './names.ts';
import { dashboard, notification, order, product, services } from './services.ts';

const text = (value: unknown): string => JSON.stringify(value);
const account = 'arn:aws:sqs:us-east-1:777788889999:prod-millrace';

const queues = [
  'PaymentFailed',
  'PaymentProcessed',
  'PaymentRefunded',
  'ProductChanged',
  'StockRejected',
  'StockReserved',
  'UserErased',
];
const bus = ['arn:aws:events:us-east-1:777788889999:event-bus/prod-millrace'];
const via = (name: string) => [
  { test: 'StringEquals', variable: 'kms:ViaService', values: [`${name}.us-east-1.amazonaws.com`] },
];

/** Written out, so that a wider grant is seen by a reader. */
const orderInProd = [
  {
    sid: 'PublishOwnEvents',
    actions: ['events:PutEvents'],
    resources: bus,
    conditions: [
      { test: 'StringEquals', variable: 'events:source', values: ['millrace.order'] },
      {
        test: 'StringEquals',
        variable: 'events:detail-type',
        values: [
          'OrderCancelled',
          'OrderConfirmed',
          'OrderDelivered',
          'OrderPlaced',
          'OrderRejected',
          'OrderShipped',
          'PaymentRequested',
          'RefundRequested',
        ],
      },
    ],
  },
  { sid: 'LookForTheBus', actions: ['events:DescribeEventBus'], resources: bus, conditions: [] },
  {
    sid: 'ReceiveOwnMessages',
    actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'],
    resources: queues.map((event) => `${account}-order-${event}`),
    conditions: [],
  },
  {
    sid: 'SendOwnDeadLetters',
    actions: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
    resources: queues.map((event) => `${account}-order-${event}-dlq`),
    conditions: [],
  },
  {
    sid: 'UseQueueKey',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['arn:aws:kms:us-east-1:777788889999:alias/prod-millrace-queues-order'],
    conditions: via('sqs'),
  },
  {
    sid: 'ConnectToOwnDatabase',
    actions: ['rds-db:connect'],
    resources: ['arn:aws:rds-db:us-east-1:777788889999:dbuser:<aurora-resource-id>/order'],
    conditions: [],
  },
  {
    sid: 'ReadOwnSecrets',
    actions: ['secretsmanager:GetSecretValue'],
    resources: ['arn:aws:secretsmanager:us-east-1:777788889999:secret:prod/millrace/order/signing-key-??????'],
    conditions: [],
  },
  {
    sid: 'UseSecretsKey',
    actions: ['kms:Decrypt'],
    resources: ['arn:aws:kms:us-east-1:777788889999:alias/prod-millrace-secrets'],
    conditions: via('secretsmanager'),
  },
];

describe('least privilege', () => {
  it('is, for order in prod, exactly what its events and access ask for', () => {
    expect(grantsOf(order, 'prod')).toEqual(orderInProd);
  });

  it('gives a writer the keys under its own prefix of a bucket, and a reader nothing but to read', () => {
    const key = {
      resources: ['arn:aws:kms:us-east-1:777788889999:alias/prod-millrace-bucket-products'],
      conditions: via('s3'),
    };
    const objects = { resources: ['arn:aws:s3:::prod-millrace-products-777788889999/product/*'], conditions: [] };
    expect(grantsOf(product, 'prod').filter(({ resources }) => /:s3:|bucket-/.test(text(resources)))).toEqual([
      { sid: 'WriteBucketProducts', actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], ...objects },
      {
        sid: 'SeeWhatIsGoneProducts',
        actions: ['s3:ListBucket'],
        resources: ['arn:aws:s3:::prod-millrace-products-777788889999'],
        conditions: [],
      },
      { sid: 'UseBucketKeyProducts', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], ...key },
    ]);
    const reader = { ...product, access: [{ kind: 'bucket', name: 'products', allow: 'read' } as const] };
    expect(grantsOf(reader, 'prod').filter(({ resources }) => /:s3:|bucket-/.test(text(resources)))).toEqual([
      { sid: 'ReadBucketProducts', actions: ['s3:GetObject'], ...objects },
      { sid: 'UseBucketKeyProducts', actions: ['kms:Decrypt'], ...key },
    ]);
  });

  it('lets mail be sent from one address of one domain, and gives nothing for calls between services', () => {
    expect(grantsOf(notification, 'prod').filter(({ sid }) => sid === 'SendMail')).toEqual([
      {
        sid: 'SendMail',
        actions: ['ses:SendEmail'],
        resources: [
          'arn:aws:ses:us-east-1:777788889999:configuration-set/prod-millrace',
          'arn:aws:ses:us-east-1:777788889999:identity/millrace.example',
        ],
        conditions: [{ test: 'StringEquals', variable: 'ses:FromAddress', values: ['no-reply@millrace.example'] }],
      },
    ]);
    const senders = allGrants('prod').filter(({ actions }) => actions.some((action) => action.startsWith('ses:')));
    expect(senders).toHaveLength(1);
    expect(grantsOf(dashboard, 'prod').map(({ sid }) => sid)).toEqual(['ConnectToCache']);
  });

  it('lets nobody publish what AWS tells, and asks for nothing more where a rule takes several events', () => {
    expect(text(allGrants('prod').filter(({ sid }) => sid === 'PublishOwnEvents'))).not.toMatch(
      /aws\.|Object ?Created/,
    );
    const received = grantsOf(notification, 'prod').find(({ sid }) => sid === 'ReceiveOwnMessages');
    expect(received?.resources).toHaveLength(notification.consumes.length);
    expect(text(received)).not.toContain('UserErased');
  });

  it('trusts each role to one service account, by subject and audience', () => {
    for (const environment of environmentNames) {
      const trusts = allRoles(environment).map(({ trust }) => trust);
      expect(new Set(trusts.map(({ subject }) => subject)).size).toBe(services.length + addOnIdentities.length);
      for (const { namespace, serviceAccount, subject, audience } of trusts) {
        expect([subject, audience]).toEqual([
          `system:serviceaccount:${namespace}:${serviceAccount}`,
          'sts.amazonaws.com',
        ]);
      }
    }
  });

  it('has no wildcard, and unique names of statements in each role', () => {
    for (const environment of environmentNames) {
      expect(
        allGrants(environment)
          .filter(({ wildcard }) => !wildcard)
          .flatMap(wildcardsOf),
      ).toEqual([]);
      for (const { grants } of allRoles(environment)) {
        const sids = grants.map(({ sid }) => sid);
        expect(new Set(sids).size).toBe(sids.length);
        for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
      }
    }
  });

  it('has a wildcard for add-ons only, where AWS forces it, with the reason', () => {
    for (const { owner, grants } of allRoles('prod')) {
      const wild = grants.filter(({ wildcard }) => wildcard);
      if (wild.length > 0) expect(addOnIdentities.map(({ name }) => name)).toContain(owner);
      for (const grant of wild) {
        expect(wildcardsOf(grant).length).toBeGreaterThan(0);
        expect(grant.actions.filter((action) => /[*?]/.test(action))).toEqual([]);
        expect(grant.wildcard?.length).toBeGreaterThan(20);
        // Whatever writes stays in the account and the region.
        const writes = grant.actions.some((action) => !/:(Describe|Get|List|Put(Trace|Telemetry))/.test(action));
        if (writes) expect(text(grant.resources)).not.toContain('"*"');
      }
    }
  });

  it('lets the load balancer controller change only what it made for this cluster', () => {
    const grants = allRoles('prod').find(({ owner }) => owner === 'aws-load-balancer-controller')?.grants ?? [];
    const deleting = grants.filter(({ actions }) => actions.includes('elasticloadbalancing:DeleteLoadBalancer'));
    expect(deleting.map(({ conditions }) => conditions)).toEqual([
      [{ test: 'StringEquals', variable: 'aws:ResourceTag/elbv2.k8s.aws/cluster', values: ['prod-millrace'] }],
    ]);
    expect(text(grants)).not.toMatch(/ec2:(Create|Delete|Authorize|Revoke)|shield:|cognito/);
  });

  it('refuses what has one', () => {
    const grant = { sid: 'A', actions: ['s3:GetObject'], resources: ['arn:aws:s3:::b/p/*'], conditions: [] };
    expect(wildcardsOf(grant)).toEqual([]);
    expect(wildcardsOf({ ...grant, actions: ['s3:*'] })).toEqual(['s3:*']);
    for (const resource of [
      '*',
      'arn:aws:s3:::*',
      'arn:aws:s3:::b/*',
      'arn:aws:s3:::b*/p/*',
      'arn:aws:sqs:us-east-1:1:q-*',
      'arn:aws:secretsmanager:us-east-1:1:secret:a*-??????',
    ]) {
      expect(wildcardsOf({ ...grant, resources: [resource] })).toEqual([resource]);
    }
  });

  it('lets only the owner of an event publish it and only the consumer of a queue read it', () => {
    for (const environment of environmentNames) {
      const grants = allGrants(environment);
      for (const service of services) {
        for (const event of service.publishes) {
          const may = grants.filter(
            ({ actions, conditions }) =>
              actions.includes('events:PutEvents') && text(conditions).includes(`"${event.name}"`),
          );
          expect(may.map(({ role }) => role)).toEqual([`${environment}-millrace-${service.name}`]);
        }
        for (const { event } of service.consumes) {
          const queue = `:${queueName(environment, service.name, event.name)}"`;
          const may = grants.filter(
            ({ actions, resources }) => actions.includes('sqs:ReceiveMessage') && text(resources).includes(queue),
          );
          expect(may.map(({ role }) => role)).toEqual([`${environment}-millrace-${service.name}`]);
        }
      }
    }
  });

  it("lets KEDA read the depth of the queues that scale something, and no other's", () => {
    const [grant] = allRoles('prod').find(({ owner }) => owner === 'keda')?.grants ?? [];
    expect(grant?.actions).toEqual(['sqs:GetQueueAttributes']);
    expect(grant?.resources.map((arn) => arn.split(':').at(-1))).toEqual(scalingQueues('prod', services));
    expect(grant?.resources.length).toBeGreaterThan(10);
  });

  it('allows each call that the runtime makes to events and queues, and none that it does not make', () => {
    const folder = join(import.meta.dirname, '../runtime');
    const code = readdirSync(folder)
      .filter((name) => /^aws-(bus|queue)\.ts$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    const prefix = (index: number): string => (code[index]?.includes('client-sqs') ? 'sqs' : 'events');
    const called = code.flatMap((file, index) =>
      [...file.matchAll(/new (\w+?)(?:Batch)?Command\(/g)].map(([, name]) => `${prefix(index)}:${name ?? ''}`),
    );
    const granted = grantsOf(order, 'prod')
      .flatMap(({ actions }) => actions)
      .filter((action) => /^(sqs|events):/.test(action));
    expect([...new Set(granted)].toSorted()).toEqual([...new Set(called)].toSorted());
  });
});
