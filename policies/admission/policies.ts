import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A ValidatingAdmissionPolicy as far as the tests and `make validate` look into it. */
export interface Policy {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    paramKind?: { apiVersion: string; kind: string };
    failurePolicy: string;
    matchConstraints: {
      namespaceSelector?: unknown;
      resourceRules: { apiGroups: string[]; apiVersions: string[]; resources: string[]; operations: string[] }[];
    };
    matchConditions?: { name: string; expression: string }[];
    variables?: { name: string; expression: string }[];
    validations: { expression: string; message: string; messageExpression?: string }[];
  };
}

/** What a policy does to an object that fails it. */
export type ValidationAction = 'Audit' | 'Warn' | 'Deny';

/** By environment; `exceptions` by policy, for all environments. */
export interface Actions {
  dev: ValidationAction[];
  staging: ValidationAction[];
  prod: ValidationAction[];
  exceptions: Record<string, ValidationAction[]>;
}

/** Folders of policies, in the order of their names. */
export const policyFolders = (): string[] =>
  readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(import.meta.dirname, entry.name, 'policy.yaml')))
    .map(({ name }) => join(import.meta.dirname, name))
    .sort();

/** Every policy, as it stands in its folder's policy.yaml. */
export const readPolicies = (): Policy[] =>
  policyFolders().map((folder) => parse(readFileSync(join(folder, 'policy.yaml'), 'utf8')) as Policy);

export const readActions = (): Actions =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'actions.json'), 'utf8')) as Actions;
