import { checkFargate } from '@millrace/fargate/check.ts';
import type { EnvironmentSnapshot } from './snapshot.ts';

/** A rule that a change breaks, or that was broken before and no longer is. */
export interface PolicyFinding {
  rule: string;
  severity: string;
  object: string;
  message: string;
}

/** What policies say of one side and not of the other. */
export interface FindingsChange {
  appeared: PolicyFinding[];
  gone: PolicyFinding[];
}

/** What the Fargate rules say of an environment. */
export function fargateFindings(snapshot: EnvironmentSnapshot | undefined): PolicyFinding[] {
  if (!snapshot) return [];
  const { manifests, profiles, profileQuota } = snapshot;
  const { findings } = checkFargate(manifests, {
    ...(profiles && { profiles }),
    ...(profileQuota !== undefined && { profileQuota }),
  });
  return findings.map(({ rule, name, severity, object, message, fix }) => ({
    rule: `${rule} ${name}`,
    severity,
    object,
    message: `${message} ${fix}`.trim(),
  }));
}

/** Compares findings; the same one in another place of a file is the same. */
export function findingsChange(before: readonly PolicyFinding[], after: readonly PolicyFinding[]): FindingsChange {
  const key = ({ rule, object, message }: PolicyFinding): string => [rule, object, message].join('\0');
  const [left, right] = [before, after].map((findings) => new Set(findings.map(key)));
  return {
    appeared: after.filter((finding) => !left?.has(key(finding))),
    gone: before.filter((finding) => !right?.has(key(finding))),
  };
}
