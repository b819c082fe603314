import type { Fault } from '@millrace/catalog/fault.ts';
import { asCount, asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { scalerOf } from '../workload.ts';
import type { PodMaker } from './objects.ts';
import {
  containersOf,
  deployments,
  faultOf,
  namespaceOf,
  ofKind,
  podCounts,
  podMakers,
  scalersOf,
  selects,
  slicesOfWorkload,
  targetOf,
  textsOf,
} from './objects.ts';

/** X101 to X103: a workload of two pods or more has one budget, which lets one pod go and selects every slice. */
export function disruptionBudgets(set: RenderedEnvironment): Fault[] {
  const budgets = ofKind(set, 'PodDisruptionBudget');
  const missing = deployments(set).flatMap((maker) => {
    const own = budgets.filter((budget) => isFor(budget, maker));
    const least = slicesOfWorkload(set, maker).reduce((sum, slice) => sum + podCounts(set, slice).least, 0);
    const name = `${maker.service}-${maker.workload}`;
    if (own.length === 0 && least >= 2) {
      const message = `${least} pods and no PodDisruptionBudget: a patch day may stop them all. Add one, maxUnavailable 1, that selects ${name}.`;
      return [faultOf(set, maker.manifest, { code: 'X101', message })];
    }
    if (own.length < 2) return [];
    const names = own.map(({ metadata }) => metadata.name).join(' and ');
    const message = `${names} select the same pods, which then cannot be evicted at all. Keep one of them.`;
    return [faultOf(set, maker.manifest, { code: 'X102', message })];
  });
  return [...missing, ...budgets.flatMap((budget) => budgetFaults(set, budget))];
}

const isFor = (budget: Manifest, { namespace, pod }: PodMaker): boolean =>
  namespaceOf(budget) === namespace && selects(fieldOf(budget, 'spec', 'selector'), pod.labels);

function budgetFaults(set: RenderedEnvironment, budget: Manifest): Fault[] {
  const own = deployments(set).filter((maker) => isFor(budget, maker));
  if (own.length === 0) {
    const message = 'it selects no pods. Mend its selector, or take it away.';
    return [faultOf(set, budget, { code: 'X103', at: 'spec.selector', message })];
  }
  const least = own.reduce((sum, maker) => sum + podCounts(set, maker).least, 0);
  const [most, needed] = ['maxUnavailable', 'minAvailable'].map((field) => fieldOf(budget, 'spec', field));
  const leaves = most === undefined ? least - amount(needed, least) : amount(most, least);
  if (leaves >= 1) return [];
  const message = `of ${least} pods none may go, so Fargate deletes them all when it patches. Write maxUnavailable: 1.`;
  return [faultOf(set, budget, { code: 'X103', at: 'spec', message })];
}

/** A number of pods, or a percentage of them rounded up as Kubernetes does. */
function amount(value: unknown, pods: number): number {
  const percent = /^(\d+)%$/.exec(asText(value) ?? '')?.[1];
  return percent === undefined ? (asCount(value) ?? 0) : Math.ceil((Number(percent) * pods) / 100);
}

/** X104: every pod has exactly its service's security group, by one policy or more. */
export function securityGroups(set: RenderedEnvironment): Fault[] {
  const policies = ofKind(set, 'SecurityGroupPolicy');
  return podMakers(set).flatMap((maker) => {
    const own = policies.filter(
      (policy) =>
        namespaceOf(policy) === maker.namespace && selects(fieldOf(policy, 'spec', 'podSelector'), maker.pod.labels),
    );
    const groups = own.flatMap((policy) => textsOf(fieldOf(policy, 'spec', 'securityGroups', 'groupIds')));
    const wanted = set.platform.services[maker.service]?.securityGroupId ?? '';
    if (own.length === 0) {
      const message = `no SecurityGroupPolicy selects its pods, so they share the cluster's group. Add one for ${maker.service}.`;
      return [faultOf(set, maker.manifest, { code: 'X104', message })];
    }
    if (groups.join() === wanted) return [];
    const message = `its pods get the groups ${groups.join(', ')}. Write ${wanted} alone: ${maker.service}'s.`;
    return [faultOf(set, own[0] ?? maker.manifest, { code: 'X104', at: 'spec.securityGroups', message })];
  });
}

/** X105: what listens has a Service that finds it, and every Service finds something that listens. */
export function networkServices(set: RenderedEnvironment): Fault[] {
  const services = ofKind(set, 'Service');
  const reaches = (service: Manifest, maker: PodMaker): boolean =>
    namespaceOf(service) === maker.namespace &&
    selects({ matchLabels: fieldOf(service, 'spec', 'selector') }, maker.pod.labels) &&
    asMaps(fieldOf(service, 'spec', 'ports')).every((entry) => listensOn(maker, entry['targetPort'] ?? entry['port']));
  const lonely = deployments(set).filter(
    (maker) => portsOf(maker).length > 0 && !services.some((service) => reaches(service, maker)),
  );
  const empty = services.filter((service) => !deployments(set).some((maker) => reaches(service, maker)));
  return [
    ...lonely.map(({ manifest, service, workload }) => {
      const message = `it listens and no Service finds it. Add the Service ${service}-${workload} with its labels and port.`;
      return faultOf(set, manifest, { code: 'X105', message });
    }),
    ...empty.map((service) => {
      const message =
        'no Deployment or Rollout has its labels and listens on its port. Mend the selector or targetPort.';
      return faultOf(set, service, { code: 'X105', at: 'spec', message });
    }),
  ];
}

const portsOf = (maker: PodMaker): Record<string, unknown>[] =>
  containersOf(maker).flatMap((container) => asMaps(container['ports']));

const listensOn = (maker: PodMaker, port: unknown): boolean =>
  portsOf(maker).some((entry) => entry['containerPort'] === port || entry['name'] === port);

/** X106: each scaler has its Deployment or Rollout, each of those the scaler of the catalog, and only one of them counts replicas. */
export function scalers(set: RenderedEnvironment): Fault[] {
  const all = [...ofKind(set, 'HorizontalPodAutoscaler'), ...ofKind(set, 'ScaledObject')];
  const makers = deployments(set);
  const lost = all.filter(
    (scaler) =>
      !makers.some(
        ({ manifest, namespace }) =>
          `${manifest.kind} ${manifest.metadata.name}` === targetOf(scaler) && namespace === namespaceOf(scaler),
      ),
  );
  return [
    ...lost.map((scaler) => {
      const message = `there is no ${targetOf(scaler)}. Write kind and name of one in ${namespaceOf(scaler)}.`;
      return faultOf(set, scaler, { code: 'X106', at: 'spec.scaleTargetRef', message });
    }),
    ...makers.flatMap((maker) => scalerFaults(set, maker)),
  ];
}

function scalerFaults(set: RenderedEnvironment, maker: PodMaker): Fault[] {
  const own = scalersOf(set, maker);
  const counts = fieldOf(maker.manifest, 'spec', 'replicas') !== undefined;
  const service = set.services.find(({ name }) => name === maker.service);
  const wanted = service && scalerOf(service, maker.workload);
  const add = (message: string): Fault => faultOf(set, maker.manifest, { code: 'X106', at: 'spec.replicas', message });
  if (own.length > 1) return [add(`${own.map(({ kind }) => kind).join(' and ')} both scale it. Keep one.`)];
  if (own.length === 1 && counts)
    return [add('a scaler counts its replicas, and every sync would undo it. Leave replicas out.')];
  if (own.length === 0 && wanted) return [add(`the catalog scales it and nothing does. Add a ${wanted}.`)];
  if (own.length === 0 && !counts) return [add('nothing says how many run. Write replicas, or add what scales it.')];
  const { least, most } = podCounts(set, maker);
  return least > most ? [add(`it has at least ${least} and at most ${most} pods. Write a larger maximum.`)] : [];
}
