import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCatalog, formatFault, isWarning } from '@millrace/catalog/check.ts';
import { readPlatform } from '@millrace/catalog/check-platform.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import { sortFaults } from '@millrace/catalog/fault.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import { readRelease } from '@millrace/catalog/releases.ts';
import { services } from '@millrace/catalog/services.ts';
import { readAdmission } from '../admission.ts';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import { renderEnvironment } from '../render.ts';
import type { RenderedEnvironment, RenderInput } from '../rendered.ts';

/**
 * Renders environments in memory from the catalog, the platform contracts and the releases as they lie in the working tree.
 * The proofs of "make synth" are not run: what is half done can be looked at too.
 * @throws CommandFault (3) with every fault of the catalog, the contracts and the releases.
 */
export function renderWorkingTree(environments: readonly EnvironmentName[]): RenderedEnvironment[] {
  const read = environments.map(readInput);
  const faults = [...checkCatalog(services), ...read.flatMap(({ faults: own }) => own)];
  const wrong = sortFaults(faults.filter((fault) => !isWarning(fault)));
  if (wrong.length > 0) throw new CommandFault(3, wrong.map((fault) => formatFault(fault)).join('\n'));
  const admission = readAdmission(join(repositoryRoot, 'policies/admission'));
  return read.flatMap(({ facts }) => {
    if (!facts) return [];
    const input = { ...facts, admission };
    return [{ ...input, manifests: renderEnvironment(input) }];
  });
}

/** The services of an environment that its release has no pin for. */
export const withoutRelease = ({ release }: RenderedEnvironment): string[] =>
  services.map(({ name }) => name).filter((name) => !release.pins[name]);

/** The same environment as if every service were released: what a pod costs does not depend on its digest. */
export function withEveryService(set: RenderedEnvironment): RenderedEnvironment {
  const missing = withoutRelease(set);
  if (missing.length === 0) return set;
  const release: Release = {
    ...set.release,
    pins: { ...Object.fromEntries(missing.map((name) => [name, madeUpPin(name)])), ...set.release.pins },
  };
  return { ...set, release, manifests: renderEnvironment({ ...set, release }) };
}

const madeUpPin = (name: string): Release['pins'][string] => ({
  digest: `sha256:${createHash('sha256').update(name).digest('hex')}`,
  revision: '0'.repeat(40),
});

function readInput(environment: EnvironmentName): {
  facts: Omit<RenderInput, 'admission'> | undefined;
  faults: Fault[];
} {
  const names = services.map(({ name }) => name);
  const contract = readPlatform(textOf(`catalog/platform.${environment}.json`), { environment, services });
  const pins = readRelease(textOf(`releases/${environment}.json`), { environment, services: names });
  const faults = [...contract.faults, ...pins.faults];
  if (!contract.platform || !pins.release) return { facts: undefined, faults };
  return { facts: { services, environment, platform: contract.platform, release: pins.release }, faults };
}

function textOf(file: string): string {
  const path = join(repositoryRoot, file);
  if (!existsSync(path))
    throw new CommandFault(3, `${file}: E001 is missing. Bring it back with "git checkout ${file}".`);
  return readFileSync(path, 'utf8');
}
