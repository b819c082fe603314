import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import type { Service } from '@millrace/catalog/service.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { Admission } from './admission.ts';

/** What an environment is rendered from. */
export interface RenderInput {
  services: readonly Service[];
  environment: EnvironmentName;
  platform: Platform;
  release: Release;
  /** The admission policies of the cluster, where they are wanted too. */
  admission?: Admission;
}

/** One environment with everything that was rendered for it; what proofs, diff and cost read. */
export interface RenderedEnvironment extends RenderInput {
  manifests: readonly Manifest[];
}
