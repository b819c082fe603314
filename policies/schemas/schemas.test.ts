import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { policyFolders } from '../admission/policies.ts';
import { readPlatform } from '../platforms.ts';
import { kubeconform } from '../validation/schema.ts';
import type { Schema } from './convert.ts';
import { standalone } from './convert.ts';
import { clusterVersion, definitionSources, keptKinds, schemaFile } from './kinds.ts';

const buildMs = 20 * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'millrace-schemas-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const versions = JSON.parse(readFileSync(join(import.meta.dirname, 'versions.json'), 'utf8')) as {
  kubernetes: string;
  definitions: Record<string, string>;
  files: string[];
};

async function messagesOf(text: string): Promise<string[]> {
  const file = join(folder, 'object.yaml');
  writeFileSync(file, text);
  const results = await kubeconform([file]);
  return results.flatMap(({ msg, validationErrors }) => validationErrors?.map((each) => each.msg) ?? [msg]);
}

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: order, namespace: order}\n';
const budget = 'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: order}\nspec: ';

describe('the kept schemas', () => {
  it("are of the version that every environment's cluster has, and of the add-ons' pinned versions", () => {
    expect(environmentNames.map((name) => readPlatform(name).cluster.version)).toEqual(
      environmentNames.map(() => clusterVersion),
    );
    expect(versions.kubernetes).toMatch(new RegExp(`^v${clusterVersion.replace('.', '[.]')}[.]\\d+$`));
    expect(versions.definitions).toEqual(
      Object.fromEntries(definitionSources.map((each) => [each.module, each.version])),
    );
  });

  it('are there for exactly the kinds that are listed', () => {
    const wished = keptKinds.flatMap((kept) => kept.kinds.map((kind) => schemaFile(kind, kept))).sort();
    const found = readdirSync(import.meta.dirname).filter((file) => /-v\d\w*\.json$/.test(file));
    expect(found.sort()).toEqual(wished);
    expect(versions.files).toEqual(wished);
  });

  it(
    'accept every manifest that the policies pass, custom resources included',
    async () => {
      const files = policyFolders().map((each) => join(each, 'good.yaml'));
      expect(await kubeconform(files.filter((file) => !file.includes('v26')))).toEqual([]);
    },
    buildMs,
  );

  it('refuse an unknown field, at the top and deep inside', async () => {
    expect(await messagesOf(`${configMap}dota: {}\n`)).toEqual([expect.stringContaining("'dota' not allowed")]);
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: order}\nspec: {ports: [{port: 80, prot: TCP}]}\n';
    expect(await messagesOf(service)).toEqual([expect.stringContaining("'prot' not allowed")]);
  });

  it('refuse a wrong type and a missing field, and take a number or a text where both are meant', async () => {
    expect(await messagesOf(`${configMap}data: {PORT: 8080}\n`)).toEqual([expect.stringContaining('string')]);
    expect(await messagesOf('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: order}\nspec: {}\n')).not.toEqual(
      [],
    );
    expect(await messagesOf(`${budget}{maxUnavailable: 1}\n`)).toEqual([]);
    expect(await messagesOf(`${budget}{maxUnavailable: 50%}\n`)).toEqual([]);
    expect(await messagesOf(`${budget}{maxUnavailable: true}\n`)).not.toEqual([]);
  });

  it('refuse a field that an add-on does not have, and a kind that nobody listed', async () => {
    const group = 'apiVersion: vpcresources.k8s.aws/v1beta1\nkind: SecurityGroupPolicy\nmetadata: {name: order}\n';
    expect(await messagesOf(`${group}spec: {securityGroups: {ids: []}}\n`)).toEqual([
      expect.stringContaining("'ids' not allowed"),
    ]);
    expect(await messagesOf('apiVersion: v1\nkind: ReplicationController\nmetadata: {name: order}\n')).toEqual([
      expect.stringContaining('could not find schema'),
    ]);
  });
});

describe('a schema that stands alone', () => {
  const convert = (properties: Schema, schemas: Record<string, Schema> = {}): Record<string, Schema> => {
    const own = { Thing: { type: 'object', properties }, ...schemas };
    return standalone('Thing', { apiVersion: 'v1', schemas: own, name: 'Thing' })['properties'] as Record<
      string,
      Schema
    >;
  };

  it('keeps what Kubernetes means by its own extensions', () => {
    const { free, either, perhaps } = convert({
      free: { type: 'object', properties: { a: { type: 'string' } }, 'x-kubernetes-preserve-unknown-fields': true },
      either: { 'x-kubernetes-int-or-string': true },
      perhaps: { type: 'string', nullable: true },
    });
    expect(free).toEqual({ type: 'object', properties: { a: { type: 'string' } } });
    expect(either).toEqual({ type: ['integer', 'string'] });
    expect(perhaps).toEqual({ type: ['string', 'null'] });
  });

  it('follows a reference, wrapped or not, and refuses unknown fields there too', () => {
    const part = { type: 'object', properties: { a: { type: 'string', description: 'nobody reads it' } } };
    const reference = { $ref: '#/components/schemas/Part' };
    const { plain, wrapped } = convert(
      { plain: reference, wrapped: { allOf: [reference], default: {} } },
      { Part: part },
    );
    expect(plain).toEqual({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false });
    expect(wrapped).toEqual(plain);
  });

  it('stops at one that contains itself', () => {
    const schemas = { Part: { type: 'object', properties: { part: { $ref: '#/components/schemas/Part' } } } };
    expect(() => convert({ part: { $ref: '#/components/schemas/Part' } }, schemas)).toThrow('contains itself');
  });
});
