import type { Environment } from '@millrace/catalog/environments.ts';
import type { FargateProfile } from '@millrace/catalog/profiles.ts';
import type { ImageBehaviours } from './image-behaviour.ts';
import type { KubeApi } from './kube-api.ts';
import type { ObjectCache } from './object-cache.ts';
import type { Node, Pod } from './objects.ts';

/** What all parts of the simulated Fargate work with. */
export interface World {
  environment: Environment;
  profiles: readonly FargateProfile[];
  /** From a pod's node to its being ready. */
  bootMs: number;
  images: ImageBehaviours;
  pods: ObjectCache<Pod>;
  nodes: ObjectCache<Node>;
  users: Record<UserName, KubeApi>;
  note: (line: string) => void;
}

/** As whom the parts work: EKS's own users, and the service accounts of what is played here. */
export const users = {
  scheduler: 'eks:fargate-scheduler',
  manager: 'eks:fargate-manager',
  autoscaler: 'system:serviceaccount:kube-system:horizontal-pod-autoscaler',
  keda: 'system:serviceaccount:keda:keda-operator',
  loadBalancer: 'system:serviceaccount:kube-system:aws-load-balancer-controller',
} as const;
export type UserName = keyof typeof users;

/** The API's path of a pod, or of a part of it. */
export const podPath = ({ metadata }: Pod, part = ''): string =>
  `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}${part && `/${part}`}`;
