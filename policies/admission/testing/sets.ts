import { readPlatform } from '../../platforms.ts';
import type { AdmissionSet } from '../evaluate.ts';
import { policyParameters } from '../parameters.ts';
import type { Case } from './cases.ts';

const parameters = policyParameters(readPlatform('prod'));

/** Each case is in a set of its own: its cluster may have other parameters and another namespace. */
export function setOf(each: Case): AdmissionSet {
  const metadata = { name: 'order', ...each.namespace };
  const labels = { 'kubernetes.io/metadata.name': 'order', ...each.namespace?.labels };
  return {
    name: each.request.id,
    params: { ...parameters, data: { ...parameters.data, ...each.params } },
    namespaces: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, labels } }],
    requests: [each.request],
  };
}
