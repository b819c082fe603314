import type { EnvironmentName } from './environments.ts';
import type { Fault } from './fault.ts';
import type { Service, Workload } from './service.ts';

/** So many keep answering while a canary is judged, and so many canaries answer. */
const leastReplicas = 2;

/** E065: a canary that no load balancer can send a part of the requests to, or that has nobody to go back to. */
export function canaryFaults(service: Service): Fault[] {
  return Object.entries(service.workloads).flatMap(([key, workload]) => {
    const messages = (workload.canary ?? []).map((environment) => faultOf(workload, environment));
    const place = `${service.name}.workloads.${key}.canary`;
    return messages.flatMap((message) => (message ? [{ place, code: 'E065', message }] : []));
  });
}

function faultOf(workload: Workload, environment: EnvironmentName): string | undefined {
  if (!workload.routes?.length) {
    return 'it has no routes, so no load balancer gives it a part of the requests. Add routes, or take canary away.';
  }
  if (workload.isSingleton) {
    return 'it is a singleton: the next pod starts when the last one is gone. Take canary away.';
  }
  if (workload.spreadIn?.includes(environment)) {
    return (
      `a canary in ${environment} is one Rollout with two target groups; slices are a Deployment for each zone. ` +
      `Take ${environment} out of canary or out of spreadIn.`
    );
  }
  if (workload.replicas[environment] < leastReplicas) {
    return (
      `${environment} has ${workload.replicas[environment]} replica. ` +
      `Write ${leastReplicas} or more replicas, or take ${environment} out of canary.`
    );
  }
  return undefined;
}
