import type { BadSet } from './bad-sets.ts';
import { goodSet, withCopy, withObject, withoutObject, zonedSet } from './sets.ts';

const prod = goodSet('prod');
const worker = 'order/deployment-order-worker.yaml';
const api = 'user/rollout-user-api.yaml';
const withReplicas = withObject(prod, worker, (manifest) => {
  manifest.spec.replicas = 2;
});

/** What scales, and what the catalog says of it. */
export const badScalers: readonly BadSet[] = [
  {
    code: 'X106',
    proof: 'scalers',
    what: 'a scaler of a Deployment that is not there',
    set: withCopy(prod, 'order/scaledobject-order-worker.yaml', (scaler) => {
      scaler.metadata.name = 'lost';
      scaler.spec.scaleTargetRef.name = 'order-gone';
    }),
    place: 'manifests/prod/order/scaledobject-lost.yaml spec.scaleTargetRef',
    message: 'there is no Deployment order-gone',
  },
  {
    code: 'X106',
    proof: 'scalers',
    what: 'a scaler of a Deployment where there is a Rollout',
    set: withCopy(prod, 'user/horizontalpodautoscaler-user-api.yaml', (scaler) => {
      scaler.metadata.name = 'lost';
      scaler.spec.scaleTargetRef.kind = 'Deployment';
    }),
    place: 'manifests/prod/user/horizontalpodautoscaler-lost.yaml spec.scaleTargetRef',
    message: 'there is no Deployment user-api',
  },
  {
    code: 'X106',
    proof: 'scalers',
    what: 'replicas beside a scaler',
    set: withReplicas,
    place: `manifests/prod/${worker} spec.replicas`,
    message: 'Leave replicas out',
  },
  {
    code: 'X106',
    proof: 'scalers',
    also: 'appProjects',
    what: 'a fixed number of replicas in place of a ScaledObject',
    set: withoutObject(withReplicas, 'order/scaledobject-order-worker.yaml'),
    place: `manifests/prod/${worker} spec.replicas`,
    message: 'Add a ScaledObject',
  },
  {
    code: 'X106',
    proof: 'scalers',
    what: 'no HorizontalPodAutoscaler for an API',
    set: withoutObject(zonedSet(), 'user/horizontalpodautoscaler-user-api-a.yaml'),
    place: 'manifests/prod/user/deployment-user-api-a.yaml spec.replicas',
    message: 'Add a HorizontalPodAutoscaler',
  },
  {
    code: 'X106',
    proof: 'scalers',
    also: 'sliceCounts',
    what: 'a HorizontalPodAutoscaler without its maximum',
    set: withObject(prod, 'user/horizontalpodautoscaler-user-api.yaml', (scaler) => {
      scaler.spec.maxReplicas = undefined;
    }),
    place: `manifests/prod/${api} spec.replicas`,
    message: 'Write a larger maximum',
  },
];
