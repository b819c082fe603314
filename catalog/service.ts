import type { EnvironmentName } from './environments.ts';
import type { EventContract } from './event.ts';
import type { SizeName } from './fargate.ts';

/** One Deployment or Rollout of a service; one process on a laptop. */
export interface Workload {
  size: SizeName;
  replicas: Record<EnvironmentName, number>;
  /** Paths on the gateway: exact, or a prefix that ends with `/*`. A workload without routes serves only its health and metrics. */
  routes?: readonly string[];
  /** At most one runs usefully at a time; a second one would only wait. */
  isSingleton?: true;
  /** When to add replicas: on CPU for APIs, on queue depth for consumers. */
  scaleOn?: { cpuPercent: number; max: number } | { queueDepth: number; max: number };
  /**
   * Environments in which its pods are spread over zones: a Deployment and a Fargate profile for each zone, because Fargate
   * ignores affinity and spread constraints. As many zones as replicas, at most the environment's.
   */
  spreadIn?: readonly EnvironmentName[];
  /**
   * Environments in which a new version first answers a tenth of the requests from outside, and goes back by itself when it
   * answers badly: a Rollout instead of a Deployment. Only with routes, and not where `spreadIn` is (docs/decisions/0039).
   */
  canary?: readonly EnvironmentName[];
}

/** A part of an EventBridge pattern: what `detail` must hold, operators such as `[{ numeric: ['>', 0] }]` included. */
export type ContentFilter = { readonly [field: string]: ContentFilter | readonly unknown[] };

/** One consumer of one event: one rule, one queue, one dead-letter queue. */
export interface Subscription {
  event: EventContract;
  /** More events of the same publisher in the same rule and queue, which keeps their order; the queue is called after `event`. */
  also?: readonly EventContract[];
  /** Only events whose `detail` fits come at all. */
  filter?: ContentFilter;
  /** Of events of S3: of this bucket's objects under the service's own prefix. */
  bucket?: string;
  workload: string;
  /** How long a handler may take. */
  deadlineSeconds: number;
  /** At least six deadlines. */
  visibilitySeconds: number;
  maxReceives: number;
  queueRetentionDays: number;
  /** Longer than the queue's, so that a message that arrives late is still seen. */
  deadLetterRetentionDays: number;
  /** The events that its handler may publish; nothing said means any that the service publishes. Shows cycles and their ends. */
  leadsTo?: readonly EventContract[];
}

/** What a service may touch beside its own database and the events that it publishes and consumes. */
export type Access =
  | { kind: 'cache' }
  | { kind: 'warehouse' }
  /** Sends e-mail through Amazon SES. */
  | { kind: 'mail' }
  /** Calls the API of another service inside the cluster; its address is the variable `<NAME>_URL`. */
  | { kind: 'service'; name: string }
  | {
      kind: 'bucket';
      name: string;
      allow: 'read' | 'write';
      /** The keys that it may touch begin with this; `<service>/` unless said otherwise. */
      prefix?: string;
    };

/** A business capability with its own folder, namespace and database. */
export interface Service {
  name: string;
  owner: string;
  purpose: string;
  /** `personal` where it keeps facts about people: who they are, or what they did. */
  dataClass: 'personal' | 'internal';
  /** Its own database and role. `poolSize` counts connections of one process. */
  database?: { poolSize: number };
  workloads: Record<string, Workload>;
  publishes: readonly EventContract[];
  consumes: readonly Subscription[];
  access: readonly Access[];
  /** Its secrets by the name of the variable that each becomes, such as `SIGNING_KEY`. They lie in Secrets Manager. */
  secrets?: readonly string[];
  /** How long consumers remember the ids that they applied: longer than every queue, dead-letter queue and replay can redeliver. */
  inboxDays: number;
}

type ServiceFacts = Omit<Service, 'name' | 'publishes' | 'consumes' | 'access' | 'inboxDays'> &
  Partial<Pick<Service, 'publishes' | 'consumes' | 'access' | 'inboxDays'>>;

/** Declares a service. What is not said is nothing: no events, no access. The inbox remembers 30 days. */
export function service(name: string, facts: ServiceFacts): Service {
  return { name, publishes: [], consumes: [], access: [], inboxDays: 30, ...facts };
}

/** Does a new version of a workload come as a canary there? */
export const isCanary = (workload: Workload, environment: EnvironmentName): boolean =>
  workload.canary?.includes(environment) ?? false;

/** Every event that a subscription takes. */
export const eventsOf = ({ event, also = [] }: Pick<Subscription, 'event' | 'also'>): readonly EventContract[] => [
  event,
  ...also,
];

/**
 * Declares a subscription. Defaults: the `worker` workload, a deadline of 5 seconds, a visibility of six deadlines
 * (rounded up to whole seconds, as SQS counts), 5 receives, 4 days in the queue and 14 in the dead-letter queue.
 */
export function on(
  event: EventContract,
  options: Partial<Omit<Subscription, 'event' | 'visibilitySeconds'>> = {},
): Subscription {
  const deadlineSeconds = options.deadlineSeconds ?? 5;
  return {
    workload: 'worker',
    maxReceives: 5,
    queueRetentionDays: 4,
    deadLetterRetentionDays: 14,
    ...options,
    event,
    deadlineSeconds,
    visibilitySeconds: Math.ceil(deadlineSeconds * 6),
  };
}
