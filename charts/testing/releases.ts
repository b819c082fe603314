import { createHash } from 'node:crypto';
import type { Release } from '@millrace/catalog/releases.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { services as catalog } from '@millrace/catalog/services.ts';

const hex = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);

/** A release of every service that is no example, so that prod takes it; another `build` gives other images. */
export function testRelease(services: readonly Service[] = catalog, build = 'first'): Release {
  const pins = services.map(({ name }) => [
    name,
    { digest: `sha256:${hex(`${build} image of ${name}`, 64)}`, revision: hex(`${build} revision`, 40) },
  ]);
  return { pins: Object.fromEntries(pins) as Release['pins'] };
}
