import { asMaps, asText, fieldOf } from './fields.ts';
import type { Manifest } from './manifest.ts';
import type { FargateSet, Workload } from './workloads.ts';
import { namespaceOf, ofKind } from './workloads.ts';

/** The one driver whose volumes a pod on Fargate mounts by claim. */
export const efsDriver = 'efs.csi.aws.com';

/** A claim that is bound by name, or to which a volume of EFS among the manifests belongs by reference or by class. */
export function isStaticClaim(claim: Manifest, set: FargateSet): boolean {
  if (asText(fieldOf(claim, 'spec', 'volumeName'))) return true;
  // No class at all is the cluster's default class, which provisions.
  const className = fieldOf(claim, 'spec', 'storageClassName');
  return ofKind(set, 'PersistentVolume').some(({ manifest }) => {
    const claimRef = fieldOf(manifest, 'spec', 'claimRef');
    const isReserved =
      fieldOf(claimRef, 'name') === claim.metadata.name && fieldOf(claimRef, 'namespace') === namespaceOf(claim);
    const isOfClass = claimRef === undefined && (fieldOf(manifest, 'spec', 'storageClassName') ?? '') === className;
    return fieldOf(manifest, 'spec', 'csi', 'driver') === efsDriver && (isReserved || isOfClass);
  });
}

/**
 * The claims of a workload that stay unbound, in the scheduler's words. A claim that is not among the manifests may be
 * in the cluster: it is not counted. Source of the words: milvus-io/milvus-helm#389, aws/aws-cdk#23375.
 */
export function unboundClaims({ manifest, namespace, template }: Workload, set: FargateSet): string[] {
  const templates = manifest.kind === 'StatefulSet' ? asMaps(fieldOf(manifest, 'spec', 'volumeClaimTemplates')) : [];
  const made = templates.flatMap((claim) => {
    const name = asText(fieldOf(claim, 'metadata', 'name'));
    return name ? [words(name, `${name}-${manifest.metadata.name}-0`)] : [];
  });
  const claims = ofKind(set, 'PersistentVolumeClaim').filter((each) => namespaceOf(each.manifest) === namespace);
  const mounted = asMaps(template.spec.volumes).flatMap((volume) => {
    const name = asText(fieldOf(volume, 'persistentVolumeClaim', 'claimName'));
    const claim = claims.find((each) => each.manifest.metadata.name === name);
    return name && claim && !isStaticClaim(claim.manifest, set) ? [words(asText(volume.name) ?? '', name)] : [];
  });
  return [...made, ...mounted];
}

const words = (volume: string, claim: string): string => `${volume} not supported because: PVC ${claim} not bound`;
