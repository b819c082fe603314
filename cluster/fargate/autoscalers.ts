import type { Autoscaler, AutoscalerKind, ScaleFinding } from './autoscaling.ts';
import { autoscalerConditions, kedaConditions, loadBalancerHost, scalePath, wantedReplicas } from './autoscaling.ts';
import type { KubeApi } from './kube-api.ts';
import type { ObjectCache } from './object-cache.ts';
import { cacheObjects } from './object-cache.ts';
import type { Condition, KubeObject } from './objects.ts';
import { keyOf } from './objects.ts';
import type { WorkQueue } from './work-queue.ts';
import { createWorkQueue } from './work-queue.ts';
import type { World } from './world.ts';

interface Ingress extends KubeObject {
  spec: { ingressClassName?: string };
  status?: { loadBalancer?: { ingress?: { hostname?: string }[] } };
}

/** How often a target is looked at, which may have been made anew; the real one does it every 15 s. */
const everyMs = 3_000;
const workers = 2;

const collections: Record<AutoscalerKind, string> = {
  HorizontalPodAutoscaler: '/apis/autoscaling/v2/horizontalpodautoscalers',
  ScaledObject: '/apis/keda.sh/v1alpha1/scaledobjects',
};
const ingressPath = '/apis/networking.k8s.io/v1/ingresses';

/** Plays the horizontal autoscaler, KEDA and the load balancer's controller, so far as others wait for what they write. */
export function startAutoscalers(world: World): { stop(): Promise<void> } {
  const { users, note } = world;
  const autoscalers = {
    HorizontalPodAutoscaler: cacheObjects<Autoscaler>({
      api: users.autoscaler,
      path: collections.HorizontalPodAutoscaler,
      note,
    }),
    ScaledObject: cacheObjects<Autoscaler>({ api: users.keda, path: collections.ScaledObject, note }),
  };
  const ingresses = cacheObjects<Ingress>({ api: users.loadBalancer, path: ingressPath, note });
  const queue = createWorkQueue({
    workers,
    async work(key) {
      const [kind = '', ...rest] = key.split(' ');
      const name = rest.join(' ');
      if (kind === 'Ingress') return balance(ingresses.get(name), world);
      const known = kind as AutoscalerKind;
      return scale(known, autoscalers[known].get(name), world);
    },
    onFault: (key, error, failures) => {
      if (failures === 5) note(`${key}: ${error instanceof Error ? error.message : error}`);
    },
  });
  const caches = [
    feed(queue, 'HorizontalPodAutoscaler', autoscalers.HorizontalPodAutoscaler),
    feed(queue, 'ScaledObject', autoscalers.ScaledObject),
    feed(queue, 'Ingress', ingresses),
  ];
  for (const cache of caches) cache.start();
  return {
    async stop() {
      await Promise.all(caches.map((cache) => cache.stop()));
      await queue.stop();
    },
  };
}

function feed<Kind extends KubeObject>(queue: WorkQueue, kind: string, cache: ObjectCache<Kind>): ObjectCache<Kind> {
  cache.onChange((object, isGone) => {
    if (!isGone) queue.add(`${kind} ${keyOf(object)}`);
  });
  return cache;
}

async function scale(
  kind: AutoscalerKind,
  autoscaler: Autoscaler | undefined,
  world: World,
): Promise<number | undefined> {
  if (!autoscaler || autoscaler.metadata.deletionTimestamp) return undefined;
  const api = kind === 'ScaledObject' ? world.users.keda : world.users.autoscaler;
  const path = scalePath(autoscaler);
  if (path === undefined) return undefined;
  const finding = await findScale(api, { kind, autoscaler, path });
  // Somebody else has just written the number: it is looked at again at once.
  if (finding === undefined) return 100;
  const conditions = (kind === 'ScaledObject' ? kedaConditions : autoscalerConditions)(
    autoscaler.status?.conditions ?? [],
    finding,
    Date.now(),
  );
  if (needsWriting(kind, { autoscaler, conditions, finding })) {
    await writeStatus(api, { kind, autoscaler, conditions, finding });
  }
  return everyMs;
}

/** Reads the target's number and raises it to the least one. Undefined after a conflict. */
async function findScale(
  api: KubeApi,
  { kind, autoscaler, path }: { kind: AutoscalerKind; autoscaler: Autoscaler; path: string },
): Promise<ScaleFinding | undefined> {
  const { status, body } = await api.must('GET', path, { unless: [404] });
  if (status === 404) return { outcome: 'missing', message: String(body['message']) };
  const now = (body['spec'] as { replicas?: number } | undefined)?.replicas ?? 0;
  const replicas = wantedReplicas(kind, autoscaler, now);
  // The least number is what a far too small target would be raised to.
  const isAtMinimum = replicas === wantedReplicas(kind, autoscaler, 1);
  if (replicas === now) return { outcome: 'scaled', replicas, isAtMinimum };
  const written = await api.must('PUT', path, { body: { ...body, spec: { replicas } }, unless: [409] });
  return written.status === 409 ? undefined : { outcome: 'scaled', replicas, isAtMinimum };
}

interface NextAutoscaler {
  kind: AutoscalerKind;
  autoscaler: Autoscaler;
  conditions: Condition[];
  finding: ScaleFinding;
}

function needsWriting(
  kind: AutoscalerKind,
  { autoscaler, conditions, finding }: Omit<NextAutoscaler, 'kind'>,
): boolean {
  const now = autoscaler.status?.conditions ?? [];
  if (conditions.length !== now.length || conditions.some((condition, index) => condition !== now[index])) return true;
  if (kind === 'ScaledObject' || finding.outcome === 'missing') return false;
  return autoscaler.status?.['desiredReplicas'] !== finding.replicas;
}

async function writeStatus(api: KubeApi, { kind, autoscaler, conditions, finding }: NextAutoscaler): Promise<void> {
  const { namespace, name, generation, resourceVersion } = autoscaler.metadata;
  const path = `${collections[kind].replace(/[^/]+$/, '')}namespaces/${namespace}/${collections[kind].split('/').at(-1)}/${name}/status`;
  if (kind === 'ScaledObject') {
    const { scaleTargetRef } = autoscaler.spec;
    const target = `${scaleTargetRef.apiVersion ?? 'apps/v1'}.${scaleTargetRef.kind ?? 'Deployment'}`;
    const status = { conditions, scaleTargetKind: target, hpaName: `keda-hpa-${name}` };
    await api.must('PATCH', path, { body: { metadata: { resourceVersion }, status }, unless: [404, 409] });
    return;
  }
  const replicas = finding.outcome === 'scaled' ? finding.replicas : 0;
  const numbers = { currentReplicas: replicas, desiredReplicas: replicas, observedGeneration: generation };
  const status = { ...autoscaler.status, ...numbers, conditions };
  // The controller's rights let it replace a status and not patch one.
  const body = { ...autoscaler, apiVersion: 'autoscaling/v2', kind, status };
  await api.must('PUT', path, { body, unless: [404, 409] });
}

/** An Ingress of the class alb gets the name of its load balancer. */
async function balance(ingress: Ingress | undefined, { users, environment }: World): Promise<undefined> {
  if (!ingress || ingress.metadata.deletionTimestamp || ingress.spec.ingressClassName !== 'alb') return;
  const hostname = loadBalancerHost(ingress, environment.region);
  const balancers = ingress.status?.loadBalancer?.ingress ?? [];
  if (balancers.length === 1 && balancers[0]?.hostname === hostname) return;
  const { namespace, name } = ingress.metadata;
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${name}/status`;
  const body = { status: { loadBalancer: { ingress: [{ hostname }] } } };
  await users.loadBalancer.must('PATCH', path, { body, unless: [404] });
}
