import type { Manifest } from '@millrace/fargate/manifest.ts';
import { describe, expect, it } from 'vitest';
import { callsIn, callWidenings } from './call-widening.ts';
import { consequenceOf } from './consequences.ts';
import { restartLine } from './diff-text.ts';
import { objectWidenings } from './object-widening.ts';
import { resourceChanges } from './resource-changes.ts';
import { restartsOf } from './restarts.ts';
import type { RoleAccess } from './role-widening.ts';
import { rolesIn, roleWidenings } from './role-widening.ts';

const role = (grants: RoleAccess['grants'], subject = 'system:serviceaccount:shop:web'): RoleAccess[] => [
  { name: 'dev-web', subject, grants },
];
const grant = (action: string, resource: string, conditions: RoleAccess['grants'][number]['conditions'] = []) => ({
  actions: [action],
  resources: [resource],
  conditions,
});
const only = (...values: string[]) => [{ test: 'StringEquals', variable: 'events:source', values }];
const what = (before: RoleAccess[], after: RoleAccess[]): string[] =>
  roleWidenings(before, after).map((each) => each.what);

const object = (kind: string, more: Record<string, unknown>, apiVersion = 'v1'): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: 'web', namespace: 'shop' },
  ...more,
});
const opened = (before: Manifest | undefined, after: Manifest | undefined): string[] =>
  objectWidenings(resourceChanges(before ? [before] : [], after ? [after] : [])).map((each) => each.what);

describe('calls between services', () => {
  const calls = (...names: string[]) =>
    callsIn({ catalog: { services: { web: { calls: names }, db: { calls: [] } } } });

  it('a new one widens, one that is gone does not', () => {
    expect(callWidenings(calls('shop') ?? {}, calls('shop', 'bank') ?? {})).toEqual([
      { subject: 'service web', what: 'may call the API of bank' },
    ]);
    expect(callWidenings(calls('shop', 'bank') ?? {}, calls() ?? {})).toEqual([]);
  });

  it('are unknown in a commit that is older than they are', () => {
    expect(callsIn({ catalog: { services: { web: { owner: 'a' } } } })).toBeUndefined();
  });
});

describe('roles', () => {
  it('a new permission widens, one that is gone does not', () => {
    const [less, more] = [role([grant('s3:Get', 'a')]), role([grant('s3:Get', 'a'), grant('s3:Put', 'a')])];
    expect(what(less, more)).toEqual(['may s3:Put on a']);
    expect(what(more, less)).toEqual([]);
  });

  it('a wildcard covers what it matches and is wider than it', () => {
    const [wide, narrow] = [role([grant('s3:Get', 'arn:a/*')]), role([grant('s3:Get', 'arn:a/b')])];
    expect(what(wide, narrow)).toEqual([]);
    expect(what(narrow, wide)).toEqual(['may s3:Get on arn:a/*']);
    expect(what(role([grant('s3:Get', 'arn.a?')]), role([grant('s3:Get', 'arnxab')]))).toEqual([
      'may s3:Get on arnxab',
    ]);
  });

  it('a condition that goes, or takes more values, widens; one that comes does not', () => {
    const [free, bound, looser] = [[], only('a'), only('a', 'b')].map((conditions) =>
      role([grant('x', 'y', conditions)]),
    ) as [RoleAccess[], RoleAccess[], RoleAccess[]];
    expect(what(bound, free)).toEqual(['may x on y']);
    expect(what(bound, looser)).toEqual(['may x on y if events:source is a or b']);
    expect(what(free, bound)).toEqual([]);
    expect(what(looser, bound)).toEqual([]);
  });

  it('another taker of a role, and a new role, are named', () => {
    const grants = [grant('x', 'y')];
    expect(what(role(grants), role(grants, 'system:serviceaccount:other:web'))).toEqual([
      'may be taken by system:serviceaccount:other:web',
    ]);
    expect(what([], role(grants))).toEqual([
      'may be taken by system:serviceaccount:shop:web (a new role)',
      'may x on y',
    ]);
  });

  it('are read from what Terraform gets; a text that is none of it gives nothing', () => {
    const inputs = {
      catalog: { roles: { r: { subject: 's', grants: [{ actions: ['a'], resources: ['b'], conditions: [] }] } } },
    };
    expect(rolesIn(inputs)).toEqual([
      { name: 'r', subject: 's', grants: [{ actions: ['a'], resources: ['b'], conditions: [] }] },
    ]);
    expect([rolesIn([]), rolesIn({}), rolesIn({ catalog: { roles: [] } })]).toEqual([undefined, undefined, undefined]);
  });
});

describe('objects', () => {
  const groups = (...groupIds: string[]) =>
    object('SecurityGroupPolicy', {
      spec: { podSelector: { matchLabels: { app: 'web' } }, securityGroups: { groupIds } },
    });
  const account = (arn: string): Manifest => {
    const annotations = { 'eks.amazonaws.com/role-arn': arn };
    return object('ServiceAccount', { metadata: { name: 'web', namespace: 'shop', annotations } });
  };
  const path = (host: string, to: string) => ({
    host,
    http: { paths: [{ path: to, backend: { service: { name: 'web' } } }] },
  });
  const acting = (type: string, ...targets: string[]): Manifest => {
    const groups = targets.map((name) => ({ ServiceName: name }));
    const action = JSON.stringify({ Type: type, ForwardConfig: { TargetGroups: groups } });
    const annotations = { 'alb.ingress.kubernetes.io/actions.web': action };
    return object('Ingress', { metadata: { name: 'web', namespace: 'shop', annotations } });
  };
  const deployment = (container: Record<string, unknown>): Manifest =>
    object(
      'Deployment',
      {
        spec: {
          template: { spec: { automountServiceAccountToken: false, containers: [{ name: 'main', ...container }] } },
        },
      },
      'apps/v1',
    );
  const hard = {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };

  it.each<[string, Manifest | undefined, Manifest | undefined, string[]]>([
    ['a security group more', groups('sg-1'), groups('sg-1', 'sg-2'), ['pods are in sg-2']],
    ['a security group less', groups('sg-1', 'sg-2'), groups('sg-1'), []],
    [
      'no security groups any more',
      groups('sg-1'),
      undefined,
      ['is gone: its pods fall back to the cluster’s own security group'],
    ],
    [
      'a selector without labels',
      groups('sg-1'),
      object('SecurityGroupPolicy', { spec: { securityGroups: { groupIds: ['sg-1'] } } }),
      ['selects pods without app=web too'],
    ],
    ['another role', account('arn:1'), account('arn:2'), ['pods run with arn:2']],
    [
      'a path more',
      object('Ingress', { spec: { rules: [] } }),
      object('Ingress', { spec: { rules: [path('h', '/x')] } }),
      ['opens h/x to web'],
    ],
    ['a canary', object('Ingress', {}), acting('forward', 'web-ping'), []],
    ['other requests', acting('forward', 'web-ping'), acting('forward', 'bank'), ['forwards web to bank']],
    [
      'requests that leave',
      acting('forward', 'web-ping'),
      acting('redirect'),
      ['answers for web by an action of its own'],
    ],
    [
      'a service outside',
      object('Service', { spec: {} }),
      object('Service', { spec: { type: 'NodePort' } }),
      ['is reachable from outside the cluster (NodePort)'],
    ],
    [
      'a verb more',
      object('Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
      object('Role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'delete'] }] }),
      ['may delete pods'],
    ],
    [
      'softer containers',
      deployment({ securityContext: hard }),
      deployment({ securityContext: { ...hard, privileged: true, runAsNonRoot: false } }),
      ['container main is privileged', 'container main may run as root'],
    ],
    ['harder containers', deployment({}), deployment({ securityContext: hard }), []],
  ])('%s', (_, before, after, expected) => {
    expect(opened(before, after)).toEqual(expected);
  });

  it('a namespace that admits more is named; one that goes takes its policies along', () => {
    const namespace = (level?: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', ...(level && { labels: { 'pod-security.kubernetes.io/enforce': level } }) },
    });
    expect(opened(namespace('restricted'), namespace('baseline'))).toEqual(['admits baseline pods, before restricted']);
    expect(opened(namespace('restricted'), namespace())).toEqual(['admits privileged pods, before restricted']);
    expect(opened(namespace('baseline'), namespace('restricted'))).toEqual([]);
    expect(objectWidenings(resourceChanges([namespace('restricted'), groups('sg-1')], []))).toEqual([]);
  });
});

describe('restarts', () => {
  const deployment = (
    image: string,
    more: Record<string, unknown> = {},
    spec: Record<string, unknown> = {},
  ): Manifest =>
    object(
      'Deployment',
      { spec: { replicas: 3, template: { spec: { containers: [{ name: 'main', image }] } }, ...spec }, ...more },
      'apps/v1',
    );
  const restarts = (before: Manifest, after: Manifest) => restartsOf(resourceChanges([before], [after]), []);

  it('a new image restarts every pod, in the way of the strategy', () => {
    const recreate = { strategy: { type: 'Recreate' } };
    expect(restarts(deployment('1'), deployment('2'))).toEqual([
      { resource: 'Deployment shop/web', pods: 3, how: 'one-by-one', because: ['containers[main].image'] },
    ]);
    expect(restarts(deployment('1', {}, recreate), deployment('2', {}, recreate))[0]?.how).toBe('all-at-once');
  });

  it('a Rollout restarts its pods after a canary, and a Deployment that becomes one has other pods', () => {
    const rollout = (image: string): Manifest => ({
      ...deployment(image, {}, { strategy: { canary: { trafficRouting: { alb: {} } } } }),
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
    });
    expect(restarts(rollout('1'), rollout('2'))).toEqual([
      { resource: 'Rollout shop/web', pods: 3, how: 'canary', because: ['containers[main].image'] },
    ]);
    const [first, second] = [deployment('1'), rollout('1')];
    expect(restarts(first, second)).toEqual([
      { resource: 'Deployment shop/web', pods: 3, how: 'becomes', because: ['Rollout'] },
    ]);
    expect(restarts(second, first)).toEqual([
      { resource: 'Rollout shop/web', pods: 3, how: 'becomes', because: ['Deployment'] },
    ]);
    const changes = resourceChanges([first], [second]);
    expect(objectWidenings(changes)).toEqual([]);
    expect(consequenceOf(first, { pods: [], added: [second] })).toBe(
      'it becomes a Rollout: its pods go when the new ones are ready',
    );
    const elsewhere = { ...second, metadata: { name: 'web', namespace: 'else' } };
    expect(restartsOf(resourceChanges([first], [elsewhere]), [])).toEqual([]);
    expect(restartLine({ resource: 'Rollout shop/web', pods: 3, how: 'canary', because: ['x'] })).toBe(
      '↻ Rollout shop/web: 3 pods, after a canary that goes back by itself (x)',
    );
    expect(restartLine({ resource: 'Deployment shop/web', pods: 3, how: 'becomes', because: ['Rollout'] })).toBe(
      '↻ Deployment shop/web: 3 pods, all new, of another kind of object (Rollout)',
    );
  });

  it('more replicas, or a label of the object itself, restart nothing', () => {
    expect(restarts(deployment('1'), deployment('1', {}, { replicas: 5 }))).toEqual([]);
    expect(
      restarts(deployment('1'), deployment('1', { metadata: { name: 'web', namespace: 'shop', labels: { a: 'b' } } })),
    ).toEqual([]);
  });

  it('another selector is refused by the cluster, and said so', () => {
    const select = (app: string) => ({ selector: { matchLabels: { app } } });
    expect(restarts(deployment('1', {}, select('a')), deployment('1', {}, select('b')))).toEqual([
      { resource: 'Deployment shop/web', pods: 3, how: 'refused', because: ['spec.selector.matchLabels.app'] },
    ]);
  });

  it('a job with the next release’s name takes the place of the last one', () => {
    const job = (revision: string): Manifest =>
      object(
        'Job',
        {
          metadata: { name: `migrate-${revision}`, namespace: 'shop' },
          spec: { template: { spec: { containers: [{ name: 'm', image: revision }] } } },
        },
        'batch/v1',
      );
    const changes = resourceChanges([job('0000000000ab')], [job('0000000000cd')]);
    expect(changes.map(({ change }) => change)).toEqual(['changed']);
    expect(restartsOf(changes, [])[0]?.how).toBe('runs-again');
  });
});
