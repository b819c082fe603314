import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPlatform } from '@millrace/catalog/check-platform.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { readAdmission } from '../../admission.ts';
import { fileOf, renderEnvironment } from '../../render.ts';
import type { RenderedEnvironment } from '../../rendered.ts';

const catalog = join(import.meta.dirname, '../../../catalog');
const admission = readAdmission(join(import.meta.dirname, '../../../policies/admission'));

/** An environment as it is rendered from the real catalog, with a release of every service. */
export function goodSet(environment: EnvironmentName, all: readonly Service[] = services): RenderedEnvironment {
  const text = readFileSync(join(catalog, `platform.${environment}.json`), 'utf8');
  const { platform, faults } = readPlatform(text, { environment, services });
  if (!platform) throw new Error(`the platform contract of ${environment} is wrong: ${faults[0]?.message}`);
  const pins = all.map(({ name }, index) => {
    const digest = `sha256:${index.toString(16).padStart(64, '0')}`;
    return [name, { digest, revision: index.toString(16).padStart(40, '0') }] as const;
  });
  const input = { services: all, environment, platform, release: { pins: Object.fromEntries(pins) }, admission };
  return { ...input, manifests: renderEnvironment(input) };
}

/** Prod with the APIs of two services in zones instead of canaries. */
export const zonedSet = (): RenderedEnvironment =>
  goodSet(
    'prod',
    services.map((service) => (['order', 'user'].includes(service.name) ? inZones(service) : service)),
  );

/** A service with its API in prod's zones, with so many replicas. */
export function inZones(service: Service, replicas?: number): Service {
  const { canary: _, ...own } = service.workloads['api'] ?? {};
  const count = replicas ? { replicas: { dev: replicas, staging: replicas, prod: replicas } } : {};
  const workloads = { ...service.workloads, api: { ...own, ...count, spreadIn: ['prod'] } } as Service['workloads'];
  return { ...service, workloads };
}

/** A copy of a set with one object changed: a fixture that must fail. */
export function withObject(
  set: RenderedEnvironment,
  file: string,
  change: (manifest: Loose) => void,
): RenderedEnvironment {
  const manifests = structuredClone(set.manifests) as Manifest[];
  const found = manifests.find((manifest) => fileOf(manifest) === file);
  if (!found) throw new Error(`${file} is not rendered`);
  change(found as Loose);
  return { ...set, manifests };
}

/** A copy of a set without an object. */
export function withoutObject(set: RenderedEnvironment, file: string): RenderedEnvironment {
  const manifests = set.manifests.filter((manifest) => fileOf(manifest) !== file);
  if (manifests.length === set.manifests.length) throw new Error(`${file} is not rendered`);
  return { ...set, manifests };
}

/** A copy of a set with an object more, made from one that is there. */
export function withCopy(
  set: RenderedEnvironment,
  file: string,
  change: (manifest: Loose) => void,
): RenderedEnvironment {
  const found = set.manifests.find((manifest) => fileOf(manifest) === file);
  if (!found) throw new Error(`${file} is not rendered`);
  const copy = structuredClone(found);
  change(copy as Loose);
  return { ...set, manifests: [...set.manifests, copy] };
}

/** A manifest whose fields a fixture may break as it likes. */
// biome-ignore lint/suspicious/noExplicitAny: a fixture reaches deep into plain data to break it
export type Loose = any;
