import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { platformNamespaces } from '@millrace/catalog/profiles.ts';
import { describe, expect, it } from 'vitest';
import { policyFolders, readActions, readPolicies } from './policies.ts';

const policies = readPolicies();
/** Kubernetes' own, beside the platform's. */
const exempt = ['kube-public', 'kube-node-lease', ...platformNamespaces].sort();

describe('the admission policies', () => {
  it('are V1 to V27, each in the folder of its name', () => {
    const numbers = new Set(policies.map(({ metadata }) => Number(/^v(\d+)-/.exec(metadata.name)?.[1])));
    expect([...numbers]).toEqual(Array.from({ length: 27 }, (_, index) => index + 1));
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(policyFolders().map((folder) => basename(folder)));
    const withoutManifests = policyFolders().filter((folder) => !existsSync(join(folder, 'good.yaml')));
    expect(withoutManifests.map((folder) => basename(folder))).toEqual(['v26-no-way-into-pods']);
  });

  it('refuse what they cannot evaluate, and leave the same namespaces alone', () => {
    for (const { metadata, spec } of policies) {
      expect(spec.failurePolicy, metadata.name).toBe('Fail');
      const { matchExpressions } = spec.matchConstraints.namespaceSelector as {
        matchExpressions: { key: string; operator: string; values: string[] }[];
      };
      expect(matchExpressions.map(({ key, operator }) => `${key} ${operator}`)).toEqual([
        'kubernetes.io/metadata.name NotIn',
      ]);
      expect(matchExpressions[0]?.values.toSorted(), metadata.name).toEqual(exempt);
    }
  });

  it('mean the same by the same name', () => {
    const found = new Map<string, Set<string>>();
    for (const { metadata, spec } of policies) {
      // These two look at objects that have no pods too.
      if (['v09-no-kubernetes-token', 'v13-labels'].includes(metadata.name)) continue;
      for (const { name, expression } of spec.variables ?? []) {
        if (!['pod', 'meta', 'labels', 'containers', 'volumes', 'isService'].includes(name)) continue;
        if (name === 'labels' && !expression.includes('variables.meta')) continue;
        found.set(name, (found.get(name) ?? new Set()).add(expression));
      }
    }
    expect([...found].filter(([, expressions]) => expressions.size > 1)).toEqual([]);
    expect(found.size).toBeGreaterThan(4);
  });

  it('say in one line what to write', () => {
    for (const { metadata, spec } of policies) {
      for (const { message } of spec.validations) {
        expect(message, metadata.name).toMatch(/^[A-Z].{20,}[.]$/);
        expect(message, metadata.name).not.toContain('\n');
      }
    }
  });
});

describe('what a policy does to an object that breaks it', () => {
  const { exceptions, ...actions } = readActions();

  it('grows from a warning to a refusal on the way to prod', () => {
    expect(Object.keys(actions)).toEqual([...environmentNames]);
    expect(actions.dev).not.toContain('Deny');
    expect(actions.staging).toContain('Deny');
    expect(actions.prod).toContain('Deny');
  });

  it('is something that the API server takes: it does not warn of what it denies', () => {
    for (const all of [...Object.values(actions), ...Object.values(exceptions)]) {
      expect(all.includes('Deny') && all.includes('Warn')).toBe(false);
    }
  });

  it('has no exception for a policy that is not there', () => {
    const names = policies.map(({ metadata }) => metadata.name);
    expect(Object.keys(exceptions).filter((name) => !names.includes(name))).toEqual([]);
  });
});
