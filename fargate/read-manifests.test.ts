import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podTemplateOf } from './pod-template.ts';
import { readFolder, readManifests, readText } from './read-manifests.ts';

const named = (name: string, kind = 'ConfigMap') => `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`;

describe('a text of manifests', () => {
  it('may hold several documents; each knows its place', () => {
    const { manifests, unreadable } = readText(`# first\n${named('a')}---\n\n---\n${named('b')}`, 'x.yaml');
    expect(
      manifests.map(({ file, document, line, manifest }) => [file, document, line, manifest.metadata.name]),
    ).toEqual([
      ['x.yaml', 1, 2, 'a'],
      ['x.yaml', 3, 8, 'b'],
    ]);
    expect(unreadable).toEqual([]);
  });

  it('may hold lists, also in lists', () => {
    const list = (items: unknown[]) => ({ apiVersion: 'v1', kind: 'List', items });
    const item = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } };
    const { manifests } = readText(
      JSON.stringify(list([item, list([item]), { ...item, kind: 'PodList', items: [item] }])),
      'x',
    );
    expect(manifests.map(({ manifest }) => manifest.kind)).toEqual(['Pod', 'Pod', 'Pod']);
  });

  it('is read as Kubernetes reads YAML', () => {
    const { manifests } = readText(
      `${named('a')}base: &base {x: 1}\nmerged: {<<: *base, on-off: yes}\nday: 2026-01-01\nat: 12:30\nport: 0o17\nname: "no"\n`,
      'x',
    );
    expect(manifests[0]?.manifest).toMatchObject({
      merged: { x: 1, 'on-off': true },
      day: '2026-01-01',
      at: '12:30',
      name: 'no',
    });
  });

  it('keeps a generated name, and labels as texts', () => {
    const text = 'apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: seed-, labels: {count: 1, list: [x]}}\n';
    expect(readText(text, 'x').manifests[0]?.manifest.metadata).toMatchObject({
      name: 'seed-',
      labels: { count: '1' },
    });
  });

  it.each([
    ['a Helm template', 'apiVersion: v1\n{{- if .Values.on }}\nkind: Pod\n{{- end }}\n', 'not-yaml', /a template/],
    ['a Helm template that looks like YAML', 'kind: {{ .Values.kind }}\n', 'not-yaml', /a template/],
    ['broken YAML', 'apiVersion: v1\nkind: [Pod\n', 'not-yaml', /not YAML/],
    ['a key twice', `${named('a')}kind: Pod\n`, 'not-yaml', /unique/],
    ['values of a chart', 'replicas: 3\nimage: {tag: x}\n', 'not-kubernetes', /no apiVersion and no kind/],
    [
      'a kustomization',
      'apiVersion: k/v1\nkind: Kustomization\nresources: []\n',
      'not-kubernetes',
      /an input of kustomize/,
    ],
    ['an object without a name', 'apiVersion: v1\nkind: Pod\n', 'not-kubernetes', /no metadata\.name/],
    ['a list of words', '- a\n- b\n', 'not-kubernetes', /no apiVersion/],
    ['bytes that are no text', '\u0000\u0001\u0002', 'not-kubernetes', /not a Kubernetes object/],
  ])('tells of %s', (_, text, reason, message) => {
    const { manifests, unreadable } = readText(text, 'x.yaml');
    expect(manifests).toEqual([]);
    expect(unreadable).toMatchObject([{ file: 'x.yaml', reason, message: expect.stringMatching(message) }]);
  });

  it('says the line of what is broken', () => {
    expect(readText(`${named('a')}---\n${named('b')}spec: {a: b: c}\n`, 'x').unreadable).toMatchObject([{ line: 8 }]);
  });
});

describe('a folder of manifests', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifests-'));
    mkdirSync(join(folder, 'deep/er'), { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'b.yml'), named('b'));
    writeFileSync(join(folder, 'deep/er/a.yaml'), `\ufeff${named('a').replaceAll('\n', '\r\n')}`);
    writeFileSync(join(folder, 'README.md'), 'kind: Pod');
    writeFileSync(join(folder, 'node_modules/x.yaml'), named('x'));
    writeFileSync(join(folder, 'broken.yaml'), 'a: [');
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling.yaml'));
    symlinkSync(folder, join(folder, 'deep/round'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read in the order of its names, with all folders below', () => {
    expect(readManifests(folder).map(({ file, manifest }) => [file, manifest.metadata.name])).toEqual([
      ['b.yml', 'b'],
      ['deep/er/a.yaml', 'a'],
    ]);
  });

  it('tells of files that cannot be read', () => {
    expect(readFolder(folder).unreadable.map(({ file }) => file)).toEqual(['broken.yaml', 'dangling.yaml']);
  });

  it('may be one file of any name', () => {
    writeFileSync(join(folder, 'all'), named('one'));
    expect(readManifests(join(folder, 'all'))).toHaveLength(1);
  });

  it('that is not there is the caller’s to tell', () => {
    expect(() => readFolder(join(folder, 'nothing'))).toThrow('ENOENT');
  });
});

describe('pod templates', () => {
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [] } };
  const of = (apiVersion: string, kind: string, spec: object) =>
    podTemplateOf({ apiVersion, kind, metadata: { name: 'x' }, spec });

  it.each([
    ['apps/v1', 'Deployment', { replicas: 3, template }, 3],
    ['apps/v1', 'StatefulSet', { template }, 1],
    ['apps/v1', 'DaemonSet', { template }, 1],
    ['apps/v1', 'ReplicaSet', { replicas: 0, template }, 0],
    ['batch/v1', 'Job', { parallelism: 4, template }, 4],
    ['batch/v1', 'CronJob', { jobTemplate: { spec: { template } } }, 1],
    ['argoproj.io/v1alpha1', 'Rollout', { replicas: 2, template }, 2],
  ])('%s %s', (apiVersion, kind, spec, replicas) => {
    expect(of(apiVersion, kind, spec)).toEqual({
      spec: { containers: [] },
      labels: { app: 'x' },
      annotations: {},
      replicas,
    });
  });

  it('are not what other groups or kinds have', () => {
    expect(of('batch.volcano.sh/v1alpha1', 'Job', { template })).toBeUndefined();
    expect(of('v1', 'Service', { template })).toBeUndefined();
    expect(of('argoproj.io/v1alpha1', 'Rollout', { workloadRef: { name: 'x' } })).toBeUndefined();
    expect(of('v1', 'constructor', { template })).toBeUndefined();
  });
});
