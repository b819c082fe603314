import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import { services } from '@millrace/catalog/services.ts';
import type { Loose } from '../../proofs/testing/sets.ts';
import { fileOf, renderEnvironment } from '../../render.ts';
import { testPlatform } from '../../testing/platforms.ts';
import { testRelease } from '../../testing/releases.ts';

/** What an environment's Argo CD is told, by the name of its file without the ending. */
export function told(
  environment: EnvironmentName,
  change: (platform: Platform) => Platform = (same) => same,
): Map<string, Loose> {
  const platform = change(testPlatform(environment));
  const manifests = renderEnvironment({ services, environment, platform, release: testRelease() });
  const own = manifests.filter(({ metadata }) => metadata.namespace === 'argocd');
  return new Map(own.map((manifest) => [fileOf(manifest).slice('argocd/'.length, -'.yaml'.length), manifest]));
}
