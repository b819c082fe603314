import { z } from 'zod';
import type { Fault } from './check.ts';
import type { EnvironmentName } from './environments.ts';

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

/** Reads the text of `releases/<env>.json`; gives every fault with place, code (E050, E052) and what to write instead. */
export function readRelease(
  text: string,
  context: { environment: EnvironmentName; services: readonly string[] },
): { release: Release; faults: [] } | { release: undefined; faults: Fault[] } {
  const place = `releases/${context.environment}.json`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = `is not JSON: ${error instanceof Error ? error.message : String(error)}`;
    return { release: undefined, faults: [{ place, code: 'E050', message }] };
  }
  const parsed = release.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({
      place: `${place} ${issue.path.join('.')}`.trim(),
      code: 'E050',
      message: issue.message,
    }));
    return { release: undefined, faults };
  }
  const faults: Fault[] = Object.keys(parsed.data.pins)
    .filter((name) => !context.services.includes(name))
    .map((name) => ({
      place: `${place} pins.${name}`,
      code: 'E050',
      message: `there is no such service. Known: ${context.services.join(', ')}.`,
    }));
  if (context.environment === 'prod' && parsed.data.example) {
    const message = 'prod takes no examples: write the digests of images that were pushed, and take "example" away.';
    faults.push({ place, code: 'E052', message });
  }
  return faults.length > 0 ? { release: undefined, faults } : { release: parsed.data, faults: [] };
}
