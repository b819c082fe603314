import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { LocatedManifest } from '@millrace/fargate/manifest.ts';

/** The parts of `make validate`, in the order in which they are told. */
export const parts = ['schema', 'admission', 'fargate', 'contract'] as const;
export type Part = (typeof parts)[number];

/** One thing to mend: where, which rule, what to write instead. */
export interface Finding {
  environment: EnvironmentName;
  part: Part;
  /** A warning is told and does not fail the command. */
  severity: 'error' | 'warning';
  /** From the folder where the command was called. */
  file: string;
  line: number;
  rule: string;
  /** `Deployment order/order-api`; empty for a file as a whole. */
  object: string;
  message: string;
}

/** An environment's manifests and what they must agree with. */
export interface ValidatedSet {
  environment: EnvironmentName;
  /** Its folder, as files are named from it. */
  folder: string;
  platform: Platform;
  manifests: readonly LocatedManifest[];
}
