import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@millrace/catalog/services.ts';
import { describe, expect, it } from 'vitest';
import { isKnownVariable, ownVariables, requiredVariables, runtimeVariables } from './known-variables.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The settings that a config.ts declares: keys in capitals whose value is a schema. */
const declared = (text: string): string[] =>
  [...text.matchAll(/^ {2,}([A-Z][A-Z0-9_]+): /gm)].map(([, name]) => name ?? '').toSorted();

/** What only a laptop or a test sets. */
const onlyLocal = ['AWS_ENDPOINT_URL', 'MILLRACE_FAULT'];

describe('the table of known variables', () => {
  it("has what runtime's config.ts declares, and no more", () => {
    const known = Object.values(runtimeVariables).flat();
    expect([...known, ...onlyLocal].toSorted()).toEqual(declared(read('runtime/config.ts')));
  });

  it("has what each service's config.ts declares, and no more", () => {
    const built = services.filter(({ name }) => existsSync(join(root, `services/${name}/config.ts`)));
    expect(built.length).toBeGreaterThanOrEqual(2);
    for (const { name } of built) {
      const own = declared(read(`services/${name}/config.ts`)).filter((variable) => variable !== 'MILLRACE_WORKLOAD');
      expect(new Set(own), name).toEqual(new Set(ownVariables[name] ?? []));
    }
  });

  it('asks a service with routes, a database and events for what they need', () => {
    const order = services.find(({ name }) => name === 'order');
    expect(order && requiredVariables(order)).toEqual([
      'MILLRACE_WORKLOAD',
      'PORT',
      'AWS_REGION',
      'DATABASE_URL',
      'EVENT_BUS_NAME',
      'ISSUER_URL',
      'JWKS_URL',
      'CLIENT_IDS',
      'PRODUCT_URL',
      'SIGNING_KEY',
    ]);
  });

  it('asks for nothing that it does not know', () => {
    for (const service of services) {
      const unknown = requiredVariables(service).filter(
        (name) => !isKnownVariable(name, service) && !service.secrets?.includes(name),
      );
      expect(unknown, service.name).toEqual([]);
    }
  });
});
