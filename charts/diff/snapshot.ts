import type { JsonSchema } from '@millrace/catalog/compatibility.ts';
import type { FargateProfile } from '@millrace/catalog/profiles.ts';
import type { Pin } from '@millrace/catalog/releases.ts';
import type { LocatedManifest } from '@millrace/fargate/manifest.ts';
import type { Calls } from './call-widening.ts';
import type { RoleAccess } from './role-widening.ts';

/** One environment on one side of a comparison. */
export interface EnvironmentSnapshot {
  manifests: LocatedManifest[];
  pins: Readonly<Record<string, Pin>>;
  /** Undefined where nothing says what the roles may do. */
  roles: RoleAccess[] | undefined;
  calls: Calls | undefined;
  profiles: FargateProfile[] | undefined;
  profileQuota: number | undefined;
}

/** One side of a comparison: a commit, the working tree, or an environment. */
export interface Snapshot {
  /** For a person: `main (1a2b3c4d5e)`, `working tree`, `dev`. */
  label: string;
  environments: Map<string, EnvironmentSnapshot>;
  /** Published contracts by `<Event>.v<version>`. */
  contracts: Map<string, JsonSchema>;
}
