import { ApiObject, JsonPatch } from 'cdk8s';
import { Service } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { metadataOf, selectorOf } from './place.ts';
import { targetServicesOf } from './rollout.ts';
import { port } from './variables.ts';

/** The address of a workload inside the cluster, over all of its slices. Every workload listens: metrics are HTTP too. */
export function addNetworkService(place: Place, workload: string): Service {
  return addService(place, { workload, name: `${place.service.name}-${workload}` });
}

/** The Services behind a canary's two target groups; the rollouts controller narrows each to one version's pods. */
export function addTargetServices(place: Place, workload: string): void {
  const { ping, pong } = targetServicesOf(`${place.service.name}-${workload}`);
  for (const name of [ping, pong]) addService(place, { workload, name });
}

function addService(place: Place, { workload, name }: { workload: string; name: string }): Service {
  const service = new Service(place.chart, `service-${name}`, {
    metadata: metadataOf(place, { name, component: workload, wave: 'workload' }),
    ports: [{ name: 'http', port, targetPort: port }],
  });
  for (const [key, value] of Object.entries(selectorOf(place.service, workload))) service.selectLabel(key, value);
  // An empty list of addresses from outside reads as if there were some.
  ApiObject.of(service).addJsonPatch(JsonPatch.remove('/spec/externalIPs'));
  return service;
}
