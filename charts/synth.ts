import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { checkCatalog, formatFaultIn, isWarning } from '@millrace/catalog/check.ts';
import { readPlatform } from '@millrace/catalog/check-platform.ts';
import { isServiceSound } from '@millrace/catalog/check-shape.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import { sortFaults } from '@millrace/catalog/fault.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import { readRelease } from '@millrace/catalog/releases.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { readAdmission } from './admission.ts';
import { filesOf } from './manifest-text.ts';
import { prove } from './proofs/all-proofs.ts';
import { renderEnvironment } from './render.ts';
import type { RenderedEnvironment } from './rendered.ts';

/** Where the facts are read from. */
export interface Sources {
  /** The catalog's file, which exports `services`. */
  catalog: string;
  /** The folder with `platform.<env>.json`. */
  platforms: string;
  /** The folder with `<env>.json`. */
  releases: string;
  /** The folder of the admission policies. */
  admission: string;
  environments: readonly EnvironmentName[];
}

/** What is wrong, or what is rendered; lines are for a person, sorted. */
export type Outcome =
  | { outcome: 'faulty'; faults: string[]; warnings: string[] }
  | { outcome: 'rendered'; environments: EnvironmentFiles[]; warnings: string[]; notes: string[] };

/** An environment as it will lie on disk. */
export interface EnvironmentFiles {
  environment: EnvironmentName;
  /** Texts by their path in the environment's folder; one object each. */
  files: ReadonlyMap<string, string>;
  /** How many services have a release. */
  releasedServices: number;
  hasExampleImages: boolean;
}

/**
 * Reads the platform contracts and the releases, checks them and the catalog that was loaded, renders every environment and
 * proves what must hold over the whole. All faults of a run come together; what is rendered is free of them.
 */
export function synthesise(sources: Sources, services: readonly Service[]): Outcome {
  const lines = (faults: readonly Fault[]): string[] =>
    sortFaults(faults).map((fault) => formatFaultIn(fileName(sources.catalog), fault));
  const judged = checkCatalog(services);
  const faults = judged.filter((fault) => !isWarning(fault));
  const warnings = lines(judged.filter(isWarning));
  const inputs = sources.environments.map((environment) => readInputs(sources, environment, services));
  faults.push(...inputs.flatMap((input) => input.faults));
  if (faults.length > 0) return { outcome: 'faulty', faults: lines(faults), warnings };
  const admission = readAdmission(sources.admission);
  const notes: string[] = [];
  const environments: EnvironmentFiles[] = [];
  for (const { environment, platform, release } of inputs) {
    if (!platform || !release) continue;
    const input = { services, environment, platform, release, admission };
    const set = { ...input, manifests: renderEnvironment(input) };
    const proved = prove(set);
    faults.push(...proved.filter((fault) => !isWarning(fault)));
    warnings.push(...lines(proved.filter(isWarning)));
    notes.push(...unreleasedNote(set));
    // The objects are let go here: of 200 services they are most of the memory.
    environments.push({ environment, files: filesOf(set.manifests), ...countsOf(set) });
  }
  if (faults.length > 0) return { outcome: 'faulty', faults: lines(faults), warnings };
  return { outcome: 'rendered', environments, warnings, notes };
}

const countsOf = ({ services, release }: RenderedEnvironment): Omit<EnvironmentFiles, 'environment' | 'files'> => ({
  releasedServices: services.filter(({ name }) => release.pins[name]).length,
  hasExampleImages: release.example === true,
});

interface Inputs {
  environment: EnvironmentName;
  platform: Platform | undefined;
  release: Release | undefined;
  faults: Fault[];
}

function readInputs(sources: Sources, environment: EnvironmentName, services: readonly Service[]): Inputs {
  const sound = services.filter(isServiceSound);
  const isWhole = sound.length === services.length;
  const names = services.map((service) => service?.name);
  const platformText = readText(join(sources.platforms, `platform.${environment}.json`), 'E060');
  const releaseText = readText(join(sources.releases, `${environment}.json`), 'E050');
  const contract =
    'text' in platformText ? readPlatform(platformText.text, { environment, services: sound }) : undefined;
  const pins = 'text' in releaseText ? readRelease(releaseText.text, { environment, services: names }) : undefined;
  // A service whose entry is broken has been told of; that the contract and it do not agree follows from that.
  const ofContract = (contract?.faults ?? []).filter(
    ({ code, place }) => isWhole || code !== 'E010' || !/ services\./.test(place),
  );
  const faults = [platformText, releaseText].flatMap((read) => ('fault' in read ? [read.fault] : []));
  return {
    environment,
    platform: contract?.platform,
    release: pins?.release,
    faults: [...faults, ...ofContract, ...(pins?.faults ?? [])],
  };
}

function readText(path: string, code: string): { text: string } | { fault: Fault } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const place = fileName(path);
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = isMissing
      ? `is missing. Bring it back with "git checkout ${place}", or write it.`
      : `cannot be read: ${(error as Error).message}.`;
    return { fault: { place, code, message } };
  }
}

/** A path as a person writes it, with a folder, so that a fault's place is told from a service's name. */
function fileName(path: string): string {
  const short = relative(process.cwd(), path);
  return short.includes('/') ? short : `./${short}`;
}

/** A service without a pin is left out; that is no fault, but nobody should have to find out. */
function unreleasedNote({ environment, services, release }: RenderedEnvironment): string[] {
  const missing = services.map(({ name }) => name).filter((name) => !release.pins[name]);
  if (missing.length === 0) return [];
  const mend = `Write the digests of their images to releases/${environment}.json.`;
  return [`${environment}: no release yet of ${missing.join(', ')}: left out. ${mend}`];
}
