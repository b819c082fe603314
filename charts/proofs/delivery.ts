import type { Fault } from '@millrace/catalog/fault.ts';
import { longestHandlerSeconds, processCloseSeconds } from '@millrace/catalog/stopping.ts';
import { asCount, asMap, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import type { PodMaker } from './objects.ts';
import { containersOf, deployments, faultOf, ofKind, podCounts } from './objects.ts';

/** Connections that PostgreSQL and RDS keep for themselves, and some for people. */
const reservedConnections = 15;
const deregistrationAttribute = /deregistration_delay\.timeout_seconds=(\d+)/;

/** X601: a pod is given more time to stop than its drain and its longest work together take. */
export function graces(set: RenderedEnvironment): Fault[] {
  return deployments(set).flatMap((maker) => {
    const service = set.services.find(({ name }) => name === maker.service);
    const handler = service ? longestHandlerSeconds(service, maker.workload) : 0;
    const work = Math.max(processCloseSeconds, handler);
    const drain = drainSecondsOf(maker);
    const grace = asCount(maker.pod.spec['terminationGracePeriodSeconds']) ?? 30;
    if (grace > drain + work) return [];
    const message = `the grace is ${grace} s ≤ drain ${drain} s + work ${work} s, so it would be killed. Write more than ${drain + work}.`;
    const at = 'spec.template.spec.terminationGracePeriodSeconds';
    return [faultOf(set, maker.manifest, { code: 'X601', at, message })];
  });
}

/** How long a pod goes on serving before it is told to stop. */
function drainSecondsOf(maker: PodMaker): number {
  const sleeps = containersOf(maker).map((container) =>
    asCount(fieldOf(container, 'lifecycle', 'preStop', 'sleep', 'seconds')),
  );
  return Math.max(0, ...sleeps.map((sleep) => sleep ?? 0));
}

/** X602: a pod behind the load balancer serves longer than the load balancer goes on sending. */
export function drains(set: RenderedEnvironment): Fault[] {
  return ofKind(set, 'Ingress').flatMap((ingress) => {
    const attributes = ingress.metadata.annotations?.['alb.ingress.kubernetes.io/target-group-attributes'] ?? '';
    // AWS's default is 300 seconds. Source: Elastic Load Balancing, "Deregistration delay".
    const delay = Number(deregistrationAttribute.exec(attributes)?.[1] ?? 300);
    const served = deployments(set).filter(
      ({ service, workload }) =>
        service === ingress.metadata.namespace &&
        set.services.find(({ name }) => name === service)?.workloads[workload]?.routes?.length,
    );
    return served
      .filter((maker) => drainSecondsOf(maker) <= delay)
      .map((maker) => {
        const message = `it serves ${drainSecondsOf(maker)} s after it left, the load balancer sends for ${delay} s. Write a longer preStop sleep or a shorter delay.`;
        return faultOf(set, maker.manifest, {
          code: 'X602',
          at: 'spec.template.spec.containers[0].lifecycle',
          message,
        });
      });
  });
}

/** X603: the pools of all pods together, while everything rolls out at once, open fewer connections than the database takes. */
export function connections(set: RenderedEnvironment): Fault[] {
  const sums = set.services.flatMap(({ name, database }) => {
    if (!database) return [];
    const pods = deployments(set)
      .filter(({ service }) => service === name)
      .reduce((sum, maker) => sum + podCounts(set, maker).most + surgeOf(set, maker), 0);
    return [{ name, pods, poolSize: database.poolSize }];
  });
  const total = sums.reduce((sum, { pods, poolSize }) => sum + pods * poolSize, 0);
  const { maxConnections } = set.platform.aurora;
  if (total < maxConnections - reservedConnections) return [];
  const text = sums.map(({ name, pods, poolSize }) => `${name} ${pods} × ${poolSize}`).join(' + ');
  const message = `pools may open ${total} connections (${text}), the database takes ${maxConnections} and keeps ${reservedConnections}. Lower a poolSize or a max.`;
  return [{ place: `catalog/platform.${set.environment}.json aurora.maxConnections`, code: 'X603', message }];
}

/** How many pods more than its number there may be while it rolls out. A Rollout keeps all old pods beside all new ones. */
function surgeOf(set: RenderedEnvironment, maker: PodMaker): number {
  if (maker.manifest.kind === 'Rollout') return podCounts(set, maker).most;
  const strategy = asMap(fieldOf(maker.manifest, 'spec', 'strategy'));
  if (strategy['type'] === 'Recreate') return 0;
  const surge = fieldOf(strategy, 'rollingUpdate', 'maxSurge');
  const percent = /^(\d+)%$/.exec(asText(surge) ?? '25%')?.[1];
  return asCount(surge) ?? Math.ceil((Number(percent ?? 25) * maker.pod.replicas) / 100);
}
