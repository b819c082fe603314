import { ApiObject } from 'cdk8s';
import type { Deployment, IScalable } from 'cdk8s-plus-29';
import type { RolloutSpec } from './custom-resources.ts';
import { addCustomResource } from './custom-resources.ts';
import type { Place } from './place.ts';
import { port } from './variables.ts';

/** The share of requests that a new version answers while it is judged. */
export const canaryPercent = 10;
/** Also while few are asked for: neither version may rest on a single pod. */
export const leastCanaryPods = 2;
/** Requests that were under way end in this time, after all others went to the pods that stay. */
export const settleSeconds = 60;

/** The argument by which the analysis knows the canary's pods. */
export const hashArgument = 'canary-hash';

const deadlineSeconds = 600;
const keptRevisions = 2;
const keptAnalyses = 3;

/**
 * The Services behind the load balancer's two target groups. In turn one is stable and one is the canary, so that at the end
 * of a release no target group has to exchange its pods, which for some seconds would leave it without a healthy one.
 */
export const targetServicesOf = (name: string): { ping: string; pong: string } => ({
  ping: `${name}-ping`,
  pong: `${name}-pong`,
});

/**
 * Puts a Deployment's pods into a Rollout of the same name: the Deployment is read and taken out again, so that the same
 * lines make both. Gives back what an autoscaler scales.
 */
export function asRollout(place: Place, deployment: Deployment): IScalable {
  const { metadata, spec } = ApiObject.of(deployment).toJson() as {
    metadata: { name: string };
    spec: Pick<RolloutSpec, 'replicas' | 'revisionHistoryLimit' | 'selector' | 'template'>;
  };
  const { replicas, revisionHistoryLimit, selector, template } = spec;
  place.chart.node.tryRemoveChild(deployment.node.id);
  addCustomResource(place.chart, 'Rollout', {
    metadata,
    spec: {
      ...(replicas !== undefined && { replicas }),
      selector,
      template,
      revisionHistoryLimit,
      progressDeadlineSeconds: deadlineSeconds,
      progressDeadlineAbort: true,
      // Going back is urgent, and the version before was judged when it came. One that was aborted may lie between.
      rollbackWindow: { revisions: keptRevisions },
      analysis: { successfulRunHistoryLimit: keptAnalyses, unsuccessfulRunHistoryLimit: keptAnalyses },
      strategy: { canary: strategyOf(place, metadata.name) },
    },
  });
  const { containers } = deployment;
  return {
    hasAutoscaler: true,
    markHasAutoscaler: () => {},
    toScalingTarget: () => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      name: metadata.name,
      containers,
    }),
  };
}

function strategyOf({ service }: Place, name: string): RolloutSpec['strategy']['canary'] {
  const { ping, pong } = targetServicesOf(name);
  return {
    // Calls inside the cluster go to the stable pods alone.
    stableService: name,
    pingPong: { pingService: ping, pongService: pong },
    trafficRouting: { alb: { ingress: service.name, rootService: name, servicePort: port } },
    // The stable pods stay until the end, so that going back needs no pod to start: twice as many for a while.
    maxSurge: '100%',
    maxUnavailable: 0,
    minPodsPerReplicaSet: leastCanaryPods,
    scaleDownDelaySeconds: settleSeconds,
    abortScaleDownDelaySeconds: settleSeconds,
    steps: [
      { setWeight: canaryPercent },
      {
        analysis: {
          templates: [{ templateName: name }],
          args: [{ name: hashArgument, valueFrom: { podTemplateHashValue: 'Latest' } }],
        },
      },
    ],
  };
}
