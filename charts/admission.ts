import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { policyParametersPlace } from '@millrace/catalog/policy-parameters.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { Chart } from 'cdk8s';
import { ApiObject } from 'cdk8s';
import { parse } from 'yaml';
import { waveAnnotation, waves } from './place.ts';

/** A ValidatingAdmissionPolicy as far as it matters here. */
export interface AdmissionPolicy extends Manifest {
  spec: { paramKind?: { apiVersion: string; kind: string }; [field: string]: unknown };
}

/** The admission policies of policies/admission, and what each does to an object that breaks it. */
export interface Admission {
  policies: readonly AdmissionPolicy[];
  actions: Record<EnvironmentName, readonly string[]> & { exceptions: Record<string, readonly string[]> };
}

const maxPolicies = 200;

/** Reads every `<folder>/<policy>/policy.yaml` and `<folder>/actions.json`. @throws what the file system or YAML says. */
export function readAdmission(folder: string): Admission {
  const files = readdirSync(folder)
    .map((name) => join(folder, name, 'policy.yaml'))
    .filter((file) => existsSync(file))
    .sort()
    .slice(0, maxPolicies);
  return {
    policies: files.map((file) => parse(readFileSync(file, 'utf8')) as AdmissionPolicy),
    actions: JSON.parse(readFileSync(join(folder, 'actions.json'), 'utf8')) as Admission['actions'],
  };
}

/** Adds each policy and its binding; a policy without its parameters refuses everything, so those come in an earlier wave. */
export function addAdmission(
  chart: Chart,
  given: {
    admission: Admission;
    environment: EnvironmentName;
    labels: Record<string, string>;
  },
): void {
  const { policies, actions } = given.admission;
  for (const { apiVersion, kind, metadata, spec } of policies) {
    const { name } = metadata;
    const own = { name, labels: given.labels, annotations: { [waveAnnotation]: String(waves.config) } };
    new ApiObject(chart, `policy-${name}`, { apiVersion, kind, metadata: own, spec });
    new ApiObject(chart, `binding-${name}`, {
      apiVersion,
      kind: `${kind}Binding`,
      metadata: own,
      spec: {
        policyName: name,
        validationActions: [...(actions.exceptions[name] ?? actions[given.environment])],
        ...(spec.paramKind && { paramRef: { ...policyParametersPlace, parameterNotFoundAction: 'Deny' } }),
      },
    });
  }
}
