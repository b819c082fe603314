import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Pin, Release } from '@millrace/catalog/releases.ts';

/** Another image of a service, or its first. */
export interface PinChange {
  service: string;
  before: Pin | undefined;
  after: Pin;
}

/** What a command would write, or why it must not; `notes` are for the person and for the commit. */
export type PinPlan =
  | { outcome: 'planned'; release: Release; changes: PinChange[]; notes: string[] }
  | { outcome: 'refused'; exitCode: 2 | 3; reason: string };

/**
 * New images into an environment. A service whose image stays keeps its pin, so that its pods do not restart. Examples are
 * not mixed with images: the first release names every service that stands there.
 */
export function releasedPins(facts: {
  environment: EnvironmentName;
  target: Release;
  images: ReadonlyMap<string, string>;
  revision: string;
}): PinPlan {
  const { environment, target, images, revision } = facts;
  const missing = Object.keys(target.pins).filter((service) => !images.has(service));
  if (target.example && missing.length > 0) {
    const why = `releases/${environment}.json holds examples, and a first release names every service`;
    return refused(2, `${why}. Add ${missing.join(', ')} to IMAGES.`);
  }
  const known = target.example ? {} : target.pins;
  const given = [...images].map(([service, digest]): [string, Pin] => {
    const before = known[service];
    return [service, before?.digest === digest ? before : { digest, revision }];
  });
  return planned(target, { pins: { ...known, ...Object.fromEntries(given) } }, []);
}

/**
 * The pins of one side copied to another: an environment's to the next, or its own of former times. No pin is taken away: a
 * service that the source lacks stays as it is.
 */
export function copiedPins(facts: {
  source: Release;
  target: Release;
  /** How a person knows the source: `staging`, `prod at 1a2b3c4d`. */
  from: string;
  to: EnvironmentName;
  /** Only these services. */
  services: readonly string[] | undefined;
}): PinPlan {
  const { source, target, from, to, services } = facts;
  if (Object.keys(source.pins).length === 0) return refused(2, `${from} has no release: there is nothing to copy.`);
  const absent = (services ?? []).filter((service) => !source.pins[service]);
  if (absent.length > 0) return refused(2, `${from} has no release of ${absent.join(', ')}: there is nothing to copy.`);
  if (source.example) return copiedExamples(facts);
  if (target.example && services) {
    const why = `releases/${to}.json holds examples, and a first release takes every service`;
    return refused(2, `${why}. Leave SERVICE= out.`);
  }
  const chosen = Object.entries(source.pins).filter(([service]) => services?.includes(service) ?? true);
  const pins = { ...(target.example ? {} : target.pins), ...Object.fromEntries(chosen) };
  const others = services ? [] : Object.keys(target.pins).filter((service) => !source.pins[service]);
  const what = target.example ? 'its example goes' : `${to} keeps its pin`;
  return planned(
    target,
    { pins },
    others.map((service) => `${from} has no release of ${service}: ${what}.`),
  );
}

function copiedExamples(facts: Parameters<typeof copiedPins>[0]): PinPlan {
  const { source, target, from, to, services } = facts;
  if (to === 'prod') return refused(3, `${from}: E052 its digests are examples, and prod takes none. Release first.`);
  const isReal = !target.example && Object.keys(target.pins).length > 0;
  if (isReal) return refused(3, `The digests of ${from} are examples, and ${to} runs images. Release first.`);
  const chosen = Object.entries(source.pins).filter(([service]) => services?.includes(service) ?? true);
  const pins = { ...target.pins, ...Object.fromEntries(chosen) };
  return planned(target, { example: true, pins }, [`The digests of ${from} are examples: no such image exists.`]);
}

function planned(before: Release, release: Release, notes: string[]): PinPlan {
  const changes = Object.entries(release.pins)
    .map(([service, after]) => ({ service, before: before.pins[service], after }))
    .filter(
      (change) => change.before?.digest !== change.after.digest || change.before.revision !== change.after.revision,
    )
    .sort((a, b) => (a.service < b.service ? -1 : 1));
  return { outcome: 'planned', release, changes, notes };
}

const refused = (exitCode: 2 | 3, reason: string): PinPlan => ({ outcome: 'refused', exitCode, reason });
