import { efsDriver, isStaticClaim } from '../claims.ts';
import { asMaps, asText, fieldOf, show } from '../fields.ts';
import type { LocatedManifest } from '../manifest.ts';
import type { Rule } from '../rule.ts';
import { kindRule, podRule, sources, when } from '../rule.ts';
import { namespaceOf, ofKind } from '../workloads.ts';

const blockDrivers = /ebs\.csi\.(aws|eks\.amazonaws)\.com|kubernetes\.io\/aws-ebs|fsx\.csi\.aws\.com/;

const blockStorage = kindRule(
  {
    id: 'F06',
    name: 'block-storage',
    severity: 'error',
    source: sources.fargate,
    kinds: ['StorageClass', 'PersistentVolume'],
  },
  ({ manifest }) => {
    const driver =
      asText(manifest.provisioner) ??
      asText(fieldOf(manifest, 'spec', 'csi', 'driver')) ??
      (fieldOf(manifest, 'spec', 'awsElasticBlockStore') ? 'kubernetes.io/aws-ebs' : '');
    return when(
      blockDrivers.test(driver),
      `is storage of ${driver}: a pod on Fargate cannot mount it.`,
      `Use EFS: a PersistentVolume with csi.driver ${efsDriver} and a claim bound to it by name.`,
    );
  },
);

const claimTemplates = kindRule(
  {
    id: 'F09',
    name: 'claim-template',
    severity: 'error',
    source: sources.fargate,
    kinds: ['StatefulSet'],
  },
  ({ manifest }) => {
    const names = asMaps(fieldOf(manifest, 'spec', 'volumeClaimTemplates')).map((claim) =>
      show(fieldOf(claim, 'metadata', 'name')),
    );
    return when(
      names.length > 0,
      `has volumeClaimTemplates ${names.join(', ')}: nothing provisions volumes for Fargate. Scheduler: "… not supported because: PVC … not bound".`,
      'Keep the state outside the pod, or mount one EFS volume by a claim that names its PersistentVolume.',
    );
  },
);

const dynamicClaim = kindRule(
  {
    id: 'F09',
    name: 'dynamic-claim',
    severity: 'error',
    source: sources.fargate,
    kinds: ['PersistentVolumeClaim'],
  },
  (located, set) =>
    when(
      !isStaticClaim(located.manifest, set),
      `is a claim that needs a volume made for it (storageClassName ${show(fieldOf(located.manifest, 'spec', 'storageClassName'))}): it stays unbound, and every pod that mounts it Pending.`,
      `Write storageClassName: "" and volumeName: <PersistentVolume with csi.driver ${efsDriver}>.`,
    ),
);

const claimExists = podRule(
  {
    id: 'F09',
    name: 'claim-exists',
    severity: 'warning',
    source: 'aws/containers-roadmap#1382',
  },
  ({ template: { spec }, namespace }, set) => {
    const claims = ofKind(set, 'PersistentVolumeClaim').filter((each) => namespaceOf(each.manifest) === namespace);
    const isThere = (name: string): boolean =>
      claims.some((each: LocatedManifest) => each.manifest.metadata.name === name);
    return asMaps(spec.volumes).flatMap((volume) => {
      const claim = asText(fieldOf(volume, 'persistentVolumeClaim', 'claimName'));
      if (claim === undefined || isThere(claim)) return [];
      return when(
        true,
        `mounts the claim "${claim}", which is not among these manifests. If it is nowhere, the scheduler says: volumes not supported: ${asText(volume.name) ?? ''} not supported because: persistentvolumeclaim "${claim}" not found.`,
        'Add the PersistentVolumeClaim and its PersistentVolume of EFS.',
      );
    });
  },
);

/** F06 (block storage) and F09: volumes that stay. */
export const volumeRules: readonly Rule[] = [blockStorage, claimTemplates, dynamicClaim, claimExists];
