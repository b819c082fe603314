import type { OtherFindings } from './diff-report.ts';

/** What the admission policies say of a side. */
export const admissionFindings: OtherFindings = () => ({ findings: [] });
