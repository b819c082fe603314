import { isCanary } from '@millrace/catalog/service.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { ApiObject, App, Chart } from 'cdk8s';
import type { Service as NetworkService } from 'cdk8s-plus-29';
import { addAnalysis } from './analysis.ts';
import { addClusterParts } from './cluster.ts';
import { addConfigMap } from './config-map.ts';
import { addDelivery } from './delivery/delivery.ts';
import { addDisruptionBudget } from './disruption-budget.ts';
import { addIngress } from './ingress.ts';
import { addMigrationJob } from './migration-job.ts';
import { addNamespace } from './namespace.ts';
import { addNetworkPolicies } from './network-policy.ts';
import { addNetworkService, addTargetServices } from './network-service.ts';
import type { Place } from './place.ts';
import type { RenderInput } from './rendered.ts';
import { addScaling, addTriggerAuthentication } from './scaling.ts';
import { addSecurityGroupPolicy } from './security-group.ts';
import { addServiceAccount } from './service-account.ts';
import { addSmokeJob } from './smoke-job.ts';
import { addWorkload } from './workload.ts';

export type { RenderInput } from './rendered.ts';

/**
 * Renders an environment's objects, sorted by the files that they go to. Pure: the same input gives the same objects. A
 * service that the release has no pin for is left out.
 * @throws Error when the platform contract lacks a service that has a pin; check it first.
 */
export function renderEnvironment(input: RenderInput): Manifest[] {
  const app = new App();
  const manifests = [
    ...manifestsOf(chartOf(app, 'cluster'), (chart) => addClusterParts(chart, input)),
    ...manifestsOf(chartOf(app, 'delivery'), (chart) => addDelivery({ chart, ...input })),
    ...input.services.flatMap((service) => {
      const pin = input.release.pins[service.name];
      if (!pin) return [];
      const { environment, platform } = input;
      const isExample = input.release.example === true;
      return manifestsOf(chartOf(app, `service-${service.name}`), (chart) =>
        addService({ chart, service, environment, platform, pin, isExample }, input),
      );
    }),
  ];
  return manifests
    .map((manifest) => ({ file: fileOf(manifest), manifest }))
    .sort((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)))
    .map(({ manifest }) => manifest);
}

/** Where an object's file lies in its environment's folder: `<namespace or "cluster">/<kind>-<name>.yaml`. */
export function fileOf({ kind, metadata }: Manifest): string {
  const folder = kind === 'Namespace' ? metadata.name : (metadata.namespace ?? 'cluster');
  return `${folder}/${kind.toLowerCase()}-${metadata.name}.yaml`;
}

function addService(place: Place, { services }: RenderInput): void {
  addNamespace(place);
  addSecurityGroupPolicy(place);
  addNetworkPolicies(place);
  const serviceAccount = addServiceAccount(place);
  const configMap = addConfigMap(place, services);
  addMigrationJob(place, { services, serviceAccount, configMap });
  addTriggerAuthentication(place);
  const backends = new Map<string, NetworkService>();
  for (const [name, workload] of Object.entries(place.service.workloads)) {
    const slices = addWorkload({ place, name, workload, services, serviceAccount, configMap });
    backends.set(name, addNetworkService(place, name));
    if (isCanary(workload, place.environment)) {
      addTargetServices(place, name);
      addAnalysis(place, name);
    }
    addDisruptionBudget(place, name);
    addScaling(place, name, slices);
  }
  addIngress(place, backends);
  addSmokeJob(place, { services, serviceAccount, configMap });
}

const chartOf = (app: App, id: string): Chart => new Chart(app, id, { disableResourceNameHashes: true });

/** The objects of a chart as plain data. Each chart is read as soon as it is full, and let go. */
function manifestsOf(chart: Chart, fill: (chart: Chart) => void): Manifest[] {
  fill(chart);
  const faults = chart.node.findAll().flatMap((construct) => construct.node.validate());
  if (faults.length > 0) throw new Error(faults.join('; '));
  const manifests = chart.node
    .findAll()
    .filter(ApiObject.isApiObject)
    .map((object) => object.toJson() as Manifest);
  chart.node.scope?.node.tryRemoveChild(chart.node.id);
  return manifests;
}
