import { policyParametersOf, policyParametersPlace } from '@millrace/catalog/policy-parameters.ts';
import type { Chart } from 'cdk8s';
import { ConfigMap, k8s } from 'cdk8s-plus-29';
import { addAdmission } from './admission.ts';
import { addLogging } from './logging.ts';
import { addNamespaceObject, podSecurityLabels } from './namespace.ts';
import { clusterLabels, waveAnnotation, waves } from './place.ts';
import { priorityClass } from './pod.ts';
import type { RenderInput } from './rendered.ts';

/** What the cluster has once, whatever services run in it. */
export function addClusterParts(chart: Chart, { environment, platform, admission }: RenderInput): void {
  const labels = clusterLabels({ environment, platform, name: 'millrace-cluster', component: 'cluster' });
  addLogging(chart, platform, labels);
  addPriorityClasses(chart, labels);
  addNamespaceObject(chart, {
    name: policyParametersPlace.namespace,
    labels: { ...labels, ...podSecurityLabels(platform.cluster.version) },
  });
  new ConfigMap(chart, policyParametersPlace.name, {
    metadata: {
      ...policyParametersPlace,
      labels,
      annotations: { [waveAnnotation]: String(waves.identity) },
    },
    data: policyParametersOf(platform),
  });
  if (admission) addAdmission(chart, { admission, environment, labels });
}

const priorities = [
  { name: priorityClass.serving, value: 100_000, description: 'People wait for these pods.' },
  {
    name: priorityClass.background,
    value: 10_000,
    description: 'Queues keep the work of these pods until they are back.',
  },
];

/** On Fargate each pod has a node of its own and nothing is preempted; the classes count once a service moves to EC2 nodes. */
function addPriorityClasses(chart: Chart, labels: Record<string, string>): void {
  for (const { name, value, description } of priorities) {
    new k8s.KubePriorityClass(chart, name, {
      metadata: { name, labels, annotations: { [waveAnnotation]: String(waves.identity) } },
      value,
      description: `${description} On Fargate it changes nothing: each pod has a node of its own.`,
      globalDefault: false,
      preemptionPolicy: 'Never',
    });
  }
}
