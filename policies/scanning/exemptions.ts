import { matchesPattern } from '@millrace/fargate/profiles.ts';

/** One finding of an outside scanner. */
export interface ScanFinding {
  scanner: 'kube-score' | 'checkov';
  id: string;
  severity: 'high' | 'low';
  /** `staging Deployment order/order-api` */
  object: string;
  message: string;
}

/** A finding that nobody mends, and why. */
export interface Exemption {
  scanner: ScanFinding['scanner'];
  id: string;
  /** The objects, as findings name them; `*` stands for anything. */
  what: string;
  /** A sentence. */
  reason: string;
}

const scanners = ['kube-score', 'checkov'];
const minReasonCharacters = 20;

/** Reads policies/exemptions.json. @throws Error that names the row and the field. */
export function readExemptions(text: string): Exemption[] {
  const rows = JSON.parse(text) as Exemption[];
  rows.forEach((row, index) => {
    const fault = (message: string): Error => new Error(`policies/exemptions.json row ${index + 1}: ${message}`);
    if (!scanners.includes(row.scanner)) throw fault(`scanner is one of ${scanners.join(', ')}.`);
    if (!row.id || !row.what) throw fault('write id and what.');
    if ((row.reason ?? '').length < minReasonCharacters) throw fault('write the reason in a sentence.');
  });
  return rows;
}

/** What is left to mend, what is exempt, and exemptions that nothing needs any more. */
export function applyExemptions(
  findings: readonly ScanFinding[],
  allowed: readonly Exemption[],
): { left: ScanFinding[]; exempt: ScanFinding[]; unused: Exemption[] } {
  const covers = (one: Exemption, finding: ScanFinding): boolean =>
    one.scanner === finding.scanner && one.id === finding.id && matchesPattern(one.what, finding.object);
  const isExempt = (finding: ScanFinding): boolean => allowed.some((one) => covers(one, finding));
  return {
    left: findings.filter((finding) => !isExempt(finding)),
    exempt: findings.filter(isExempt),
    unused: allowed.filter((one) => !findings.some((finding) => covers(one, finding))),
  };
}
