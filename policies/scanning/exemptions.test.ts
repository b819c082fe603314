import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Exemption, ScanFinding } from './exemptions.ts';
import { applyExemptions, readExemptions } from './exemptions.ts';
import { checksOf, scoresOf } from './scanners.ts';

const finding: ScanFinding = {
  scanner: 'kube-score',
  id: 'deployment-replicas',
  severity: 'low',
  object: 'dev Deployment order/order-api',
  message: 'few replicas',
};
const exemption: Exemption = {
  scanner: 'kube-score',
  id: 'deployment-replicas',
  what: 'dev Deployment *',
  reason: 'dev runs one of everything.',
};

describe('exemptions', () => {
  it('cover what they name and nothing else', () => {
    expect(applyExemptions([finding], [exemption])).toEqual({ left: [], exempt: [finding], unused: [] });
    for (const other of [
      { ...finding, object: 'prod Deployment order/order-api' },
      { ...finding, id: 'deployment-strategy' },
      { ...finding, scanner: 'checkov' as const },
    ]) {
      expect(applyExemptions([other], [exemption])).toEqual({ left: [other], exempt: [], unused: [exemption] });
    }
  });

  it('take a dot as a dot', () => {
    const exact = { ...exemption, what: 'dev Deployment order/order.api' };
    expect(applyExemptions([finding], [exact]).left).toEqual([finding]);
  });

  it('of this repository each have a reason', () => {
    const text = readFileSync(join(import.meta.dirname, '../exemptions.json'), 'utf8');
    expect(readExemptions(text).length).toBeGreaterThan(0);
    expect(() => readExemptions(JSON.stringify([{ ...exemption, reason: 'because' }]))).toThrow(
      'row 1: write the reason',
    );
  });
});

describe('what scanners say', () => {
  it("is read from kube-score's grades: critical is high, skipped and good are nothing", () => {
    const check = (id: string, grade: number, skipped = false) => ({
      check: { id },
      grade,
      skipped,
      comments: [{ summary: id }],
    });
    const checks = [check('a', 1), check('b', 5), check('c', 10), check('d', 1, true)];
    const score = { object_meta: { name: 'order-api', namespace: 'order' }, type_meta: { kind: 'Deployment' }, checks };
    expect(scoresOf([score], 'dev').map(({ id, severity, object }) => `${id} ${severity} ${object}`)).toEqual([
      'a high dev Deployment order/order-api',
      'b low dev Deployment order/order-api',
    ]);
  });

  it("is read from checkov's failed checks, and a file that it cannot read stops the scan", () => {
    const failed = {
      check_id: 'CKV_K8S_12',
      check_name: 'Memory requests should be set',
      resource: 'Pod.order.order-api',
    };
    const summary = { passed: 3, parsing_errors: 0 };
    expect(checksOf({ results: { failed_checks: [failed] }, summary }, 'dev')).toEqual({
      passed: 3,
      findings: [
        {
          scanner: 'checkov',
          id: 'CKV_K8S_12',
          severity: 'high',
          object: 'dev Pod order/order-api',
          message: 'Memory requests should be set',
        },
      ],
    });
    expect(() => checksOf({ summary: { passed: 0, parsing_errors: 2 } }, 'dev')).toThrow('could not read 2 files');
  });
});
