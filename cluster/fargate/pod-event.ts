import { createHash } from 'node:crypto';
import type { KubeApi } from './kube-api.ts';
import type { Pod } from './objects.ts';
import { timeText } from './objects.ts';

export interface PodEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** Who says it. */
  component: string;
  nowMs: number;
}

const maxNameChars = 230;

/**
 * Writes an event about a pod. Its name comes from what it says, so the same said again is refused as being there already.
 * Nothing depends on an event: a namespace that is being deleted takes none.
 */
export async function tellOfPod(api: KubeApi, pod: Pod, event: PodEvent): Promise<void> {
  const { name, namespace, uid } = pod.metadata;
  const at = timeText(event.nowMs);
  const mark = createHash('sha256').update(`${uid} ${event.reason} ${event.message}`).digest('hex').slice(0, 16);
  const body = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, maxNameChars)}.${mark}`, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
    type: event.type,
    reason: event.reason,
    message: event.message,
    source: { component: event.component },
    reportingComponent: event.component,
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
  await api.must('POST', `/api/v1/namespaces/${namespace}/events`, { body, unless: [403, 404, 409] });
}
