import type { KubeApi, KubeReply } from './kube-api.ts';
import type { PatchTarget } from './patch-schedule.ts';
import { podPath } from './world.ts';

/** What became of a pod on a patch day. */
export interface PatchedPod {
  namespace: string;
  name: string;
  node: string;
  /** `deleted` is what the deadline does to a pod whose eviction was blocked; `gone`: it went by itself. */
  outcome: 'evicted' | 'deleted' | 'gone';
  attempts: number;
  waitedMs: number;
  /** What blocked the eviction last. */
  why: string;
}

const retryMs = 250;

/** Evicts a pod, trying again until the deadline, as long as its budget is in the way; then it is deleted. */
export async function evictPod(api: KubeApi, { pod, node }: PatchTarget, untilMs: number): Promise<PatchedPod> {
  const { namespace = '', name, uid } = pod.metadata;
  const startedMs = performance.now();
  const finish = (outcome: PatchedPod['outcome'], attempts: number, why: string): PatchedPod => {
    return { namespace, name, node, outcome, attempts, waitedMs: Math.round(performance.now() - startedMs), why };
  };
  let attempts = 0;
  let why = '';
  do {
    attempts += 1;
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    };
    // No answer at all (a restart of the API server) is a reason to try again too.
    const reply = await api
      .ask('POST', podPath(pod, 'eviction'), { body })
      .catch((error: unknown): KubeReply => ({ status: 0, body: { message: String(error) } }));
    if (reply.status === 404 || reply.status === 409) return finish('gone', attempts, '');
    if (reply.status > 0 && reply.status < 300) return finish('evicted', attempts, why);
    why = whyBlocked(reply);
    await new Promise((resolve) => setTimeout(resolve, Math.min(retryMs, Math.max(0, untilMs - performance.now()))));
  } while (performance.now() < untilMs);
  const reply = await api.must('DELETE', podPath(pod), { body: { preconditions: { uid } }, unless: [404, 409] });
  return finish(reply.status < 300 ? 'deleted' : 'gone', attempts, why);
}

/** The budget's own sentence stands among the causes; 500 is the answer to a pod that two budgets hold. */
function whyBlocked({ body }: KubeReply): string {
  const { causes = [] } = (body['details'] ?? {}) as { causes?: { message?: string }[] };
  return causes[0]?.message ?? String(body['message'] ?? '');
}
