import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Finding } from './finding.ts';
import { parts } from './finding.ts';

const titles = {
  schema: 'schemas (kubeconform)',
  admission: 'admission policies',
  fargate: 'Fargate',
  contract: 'platform contract',
} as const;

/** Findings for a person: by environment and part; what one rule says in the same words of several objects is said once. */
export function findingsText(findings: readonly Finding[], environments: readonly EnvironmentName[]): string {
  const lines = environments.flatMap((environment) =>
    parts.flatMap((part) => {
      const own = findings.filter((finding) => finding.environment === environment && finding.part === part);
      return own.length > 0 ? [`${environment}, ${titles[part]}:`, ...alike(own).flatMap(groupLines)] : [];
    }),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** Groups in the order of the first finding of each. */
function alike(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.rule} ${finding.message}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}

function groupLines(group: readonly Finding[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { file, line, rule, object, severity, message } = first;
  const mark = severity === 'warning' ? '(warning) ' : '';
  if (group.length === 1) return [`  ${file}:${line}: ${rule} ${mark}${object && `${object}: `}${message}`];
  return [
    `  ${rule} ${mark}${group.length} times: ${message}`,
    ...group.map((one) => `    ${one.file}:${one.line}${one.object && `: ${one.object}`}`),
  ];
}
