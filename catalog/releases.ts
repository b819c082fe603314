import { z } from 'zod';
import { secretFaults, withoutSecrets } from './check-secrets.ts';
import type { EnvironmentName } from './environments.ts';
import type { Fault } from './fault.ts';
import { sortFaults } from './fault.ts';
import { jsonText } from './json-text.ts';
import { shapeFaults } from './shape.ts';

const pin = z.strictObject({
  /** The image, as the registry names it. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, 'write sha256: and 64 hex digits'),
  /** The Git revision that the image was built from. */
  revision: z.string().regex(/^[0-9a-f]{40}$/, 'write the 40 hex digits of a Git revision'),
});

/** Which image of each service runs in an environment: `releases/<env>.json`. */
export const release = z.strictObject({
  /** The digests name no image: they stand here until a first release, and prod refuses them. */
  example: z.literal(true).optional(),
  pins: z.record(z.string(), pin),
});
export type Release = z.output<typeof release>;
export type Pin = z.output<typeof pin>;

/**
 * Reads the text of `releases/<env>.json`; gives every fault with place, code (E010, E050, E051, E052) and what to write
 * instead.
 */
export function readRelease(
  text: string,
  context: { environment: EnvironmentName; services: readonly string[] },
): { release: Release; faults: [] } | { release: undefined; faults: Fault[] } {
  const file = `releases/${context.environment}.json`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = `is not JSON: ${error instanceof Error ? error.message : String(error)}. Write {"pins": {…}}.`;
    return { release: undefined, faults: [{ place: file, code: 'E050', message }] };
  }
  const shape = shapeFaults(release, value).map((fault) =>
    fault.code === 'E004' ? { ...fault, code: 'E050' } : fault,
  );
  const own = [...shape, ...serviceFaults(value, context.services), ...exampleFaults(value, context.environment)];
  const faults = [...secretFaults(value, ''), ...withoutSecrets(own, [])].map((fault) => ({
    ...fault,
    place: `${file} ${fault.place.replace(/^\./, '')}`.trim(),
  }));
  const parsed = release.safeParse(value, { jitless: true });
  if (faults.length > 0 || !parsed.success) return { release: undefined, faults: sortFaults(faults) };
  return { release: parsed.data, faults: [] };
}

/** The text of `releases/<env>.json`, pins in the order of `services`: the same release always gives the same bytes. */
export function releaseText({ example, pins }: Release, services: readonly string[]): string {
  const names = [...services, ...Object.keys(pins).filter((name) => !services.includes(name))];
  const sorted = names.flatMap((name) => {
    const { digest, revision } = pins[name] ?? {};
    return digest && revision ? [[name, { digest, revision }]] : [];
  });
  return jsonText({ ...(example && { example }), pins: Object.fromEntries(sorted) });
}

/** Every pin is of a service in the catalog, also where the pin itself is broken. */
function serviceFaults(value: unknown, services: readonly string[]): Fault[] {
  const message = `there is no such service. Known: ${services.join(', ')}.`;
  const pins = member(value, 'pins');
  if (typeof pins !== 'object' || pins === null || Array.isArray(pins)) return [];
  return Object.keys(pins)
    .filter((name) => !services.includes(name))
    .map((name) => ({ place: `.pins.${name}`, code: 'E050', message }));
}

function exampleFaults(value: unknown, environment: EnvironmentName): Fault[] {
  if (environment !== 'prod' || member(value, 'example') !== true) return [];
  const message = 'prod takes no examples: write the digests of images that were pushed, and take "example" away.';
  return [{ place: '', code: 'E052', message }];
}

/** A member of what may be anything. */
const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
