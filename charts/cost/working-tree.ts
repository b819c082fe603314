import { createHash } from 'node:crypto';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import { CommandFault } from '../command-fault.ts';
import { readOptions as readSynthOptions } from '../options.ts';
import { renderEnvironment } from '../render.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { synthesise } from '../synth.ts';

/**
 * Renders environments in memory from the catalog, the platform contracts and the releases as they lie in the working tree.
 * @throws CommandFault (3) with every fault of them.
 */
export async function renderWorkingTree(environments: readonly EnvironmentName[]): Promise<RenderedEnvironment[]> {
  // As "make synth" reads them when it is told nothing.
  const { sources } = readSynthOptions([], { env: undefined, out: undefined });
  const result = await synthesise({ ...sources, environments });
  if (result.outcome === 'faulty') throw new CommandFault(3, result.faults.join('\n'));
  return result.environments;
}

/** The services of an environment that its release has no pin for. */
export const withoutRelease = ({ services, release }: RenderedEnvironment): string[] =>
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
