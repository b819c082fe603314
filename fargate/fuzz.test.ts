import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { checkFargate } from './check.ts';
import { asMap } from './fields.ts';
import { readText } from './read-manifests.ts';
import { reportText } from './report-text.ts';

const labels = { app: 'web', 'millrace.dev/zone': 'a' };
const pod = {
  nodeSelector: { 'kubernetes.io/arch': 'amd64' },
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
  topologySpreadConstraints: [{ maxSkew: 1 }],
  terminationGracePeriodSeconds: 30,
  serviceAccountName: 'web',
  initContainers: [{ name: 'init', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } }],
  containers: [
    {
      name: 'web',
      image: 'web:1',
      command: ['sh', '-c', 'ulimit -n 70000'],
      ports: [{ containerPort: 8080, hostPort: 0 }],
      env: [{ name: 'AWS_REGION', value: 'us-east-1' }],
      securityContext: { privileged: false, capabilities: { add: ['X'], drop: ['ALL'] } },
      resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '250m', memory: '256Mi' } },
    },
  ],
  volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'files' } }],
};
const template = { metadata: { labels, annotations: { 'millrace.dev/fargate-size': '0.25vCPU 0.5GB' } }, spec: pod };
const object = (apiVersion: string, kind: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name: 'web', namespace: 'shop', labels, annotations: { a: 'b' } },
  ...rest,
});

/** One of every kind that a rule looks at. */
const wholeSet: unknown[] = [
  object('apps/v1', 'Deployment', { spec: { replicas: 2, selector: { matchLabels: labels }, template } }),
  object('apps/v1', 'StatefulSet', { spec: { template, volumeClaimTemplates: [{ metadata: { name: 'x' } }] } }),
  object('apps/v1', 'DaemonSet', { spec: { template } }),
  object('v1', 'Pod', { spec: pod }),
  object('batch/v1', 'Job', { spec: { parallelism: 1, template } }),
  object('batch/v1', 'CronJob', { spec: { jobTemplate: { spec: { template } } } }),
  object('policy/v1', 'PodDisruptionBudget', {
    spec: { minAvailable: '50%', selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] } },
  }),
  object('v1', 'Service', { spec: { type: 'ClusterIP', selector: labels } }),
  object('networking.k8s.io/v1', 'Ingress', { spec: { ingressClassName: 'alb' } }),
  object('networking.k8s.io/v1', 'NetworkPolicy', { spec: {} }),
  object('vpcresources.k8s.aws/v1beta1', 'SecurityGroupPolicy', {
    spec: { podSelector: {}, securityGroups: { groupIds: ['sg-1'] } },
  }),
  object('autoscaling/v2', 'HorizontalPodAutoscaler', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 2 },
  }),
  object('keda.sh/v1alpha1', 'ScaledObject', { spec: { scaleTargetRef: { name: 'web' }, minReplicaCount: 2 } }),
  object('v1', 'PersistentVolumeClaim', { spec: { storageClassName: 'x' } }),
  object('v1', 'PersistentVolume', { spec: { csi: { driver: 'efs.csi.aws.com' }, claimRef: { name: 'x' } } }),
  object('storage.k8s.io/v1', 'StorageClass', { provisioner: 'ebs.csi.aws.com' }),
  object('v1', 'ServiceAccount', {}),
  object('v1', 'ConfigMap', { data: { 'output.conf': '[OUTPUT]\n  Name es' } }),
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'aws-logging', namespace: 'aws-observability' }, data: {} },
  object('v1', 'Namespace', {}),
  object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', {
    webhooks: [{ name: 'x', namespaceSelector: { a: 1 }, rules: [{ resources: ['pods'] }] }],
  }),
];

/** Every place in a value, as a path. */
function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [[...path], ...inner.flatMap(([key, each]) => placesOf(each, [...path, key]))];
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((each, index) => (`${index}` === key ? replaced(each, rest, by) : each));
  return { ...asMap(value), [key]: replaced(asMap(value)[key], rest, by) };
}

const wrong = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    '',
    '%',
    '100%',
    '-5',
    [],
    {},
    [null],
    [[]],
    '__proto__',
  ),
  fc.jsonValue({ maxDepth: 2 }),
  fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'toString', 'name', 'kind'), fc.jsonValue(), {
    maxKeys: 3,
  }),
);
const places = placesOf(wholeSet);

const profiles = [
  { name: 'a', selectors: [{ namespace: 's*', labels: {} }], zones: ['a'] },
  { name: 'b', selectors: [{ namespace: '*', labels: { app: 'web' } }], zones: [] },
];

function checkText(text: string): void {
  const { manifests, unreadable } = readText(text, 'x.yaml');
  for (const known of [undefined, profiles]) {
    const report = checkFargate(manifests, {
      unreadable,
      clusterSecurityGroup: 'sg-1',
      ...(known ? { profiles: known } : {}),
    });
    expect(reportText(report, { hasProfiles: known !== undefined })).not.toMatch(/undefined|NaN|\[object/);
    expect(Number.isFinite(report.totals.usdPerMonth)).toBe(true);
    expect(() => JSON.stringify(report)).not.toThrow();
  }
}

const testMs = 300_000;

describe('the planner takes anything', { timeout: testMs }, () => {
  it('values of the wrong kind anywhere', () => {
    const mutation = fc.array(fc.tuple(fc.constantFrom(...places), wrong), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(mutation, (changes) => {
        const value = changes.reduce<unknown>((set, [path, by]) => replaced(set, path, by), wholeSet);
        const documents = Array.isArray(value) ? value : [value];
        checkText(documents.map((each) => stringify(each)).join('---\n'));
      }),
      { numRuns: 150 },
    );
  });

  it('each place once with each kind of wrong value', () => {
    const values: unknown[] = [
      null,
      true,
      -1,
      1e300,
      'x',
      [],
      [null],
      {},
      { a: [] },
      { toString: false },
      [{ toString: 1 }],
    ];
    const manifests = readText(wholeSet.map((each) => stringify(each)).join('---\n'), 'x.yaml').manifests;
    for (const [index, { manifest }] of manifests.entries()) {
      for (const path of placesOf(manifest).filter(([first]) => first !== 'apiVersion' && first !== 'kind')) {
        if (path.length === 0 || path[0] === 'metadata') continue;
        for (const value of values) {
          const changed = manifests.map((each, at) =>
            at === index ? { ...each, manifest: replaced(manifest, path, value) as typeof manifest } : each,
          );
          checkFargate(changed, { profiles, clusterSecurityGroup: 'sg-1' });
        }
      }
    }
  });

  it('any text at all', () => {
    const pieces = fc.constantFrom(
      'kind: ',
      'Pod',
      '\n',
      '  ',
      '- ',
      '{{ .Values.x }}',
      '---',
      '&a',
      '*a',
      '<<: ',
      '"',
      '|',
      '\t',
      '{',
      ']',
      ':',
      '#',
      '!x ',
      '\u0000',
      '\ufeff',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 6 })), { maxLength: 30 }), (parts) => {
        checkText(parts.join(''));
      }),
      { numRuns: 400 },
    );
  });

  it('nesting and aliases without end', () => {
    checkText('['.repeat(20_000));
    checkText(`${'- '.repeat(5000)}x`);
    checkText(
      'a: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c]\n'.repeat(
        1,
      ),
    );
    checkText('apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: &s {containers: [*s]}\n');
    checkText(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{resources: &r {requests: {cpu: *r}, limits: *r}}]}\n',
    );
    checkText('apiVersion: v1\nkind: List\nitems: &i [{apiVersion: v1, kind: List, items: *i}]\n');
  });
});
