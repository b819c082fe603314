import type { ObjectCache } from './object-cache.ts';
import type { KubeObject, Node, ObjectMeta, Pod, PodSpec, PodStatus } from './objects.ts';
import { keyOf } from './objects.ts';

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
export const imageOf = (letter: string): string => `registry.example/millrace/order@${digest(letter)}`;

/** A moment to start at. */
export const noonMs = Date.parse('2026-03-01T12:00:00Z');

/** A pod as the API server has it right after its binding. */
export function podOf(given: { meta?: Partial<ObjectMeta>; spec?: Partial<PodSpec>; status?: PodStatus } = {}): Pod {
  const meta: ObjectMeta = {
    name: 'order-api-7d9f8-abcde',
    namespace: 'order',
    uid: 'uid-1',
    resourceVersion: '1',
    labels: { 'millrace.dev/zone': 'any' },
  };
  return {
    metadata: { ...meta, ...given.meta },
    spec: {
      containers: [
        {
          name: 'order',
          image: imageOf('a'),
          readinessProbe: {},
          resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '250m', memory: '256Mi' } },
        },
      ],
      restartPolicy: 'Always',
      ...given.spec,
    },
    status: given.status ?? { phase: 'Pending' },
  };
}

export function nodeOf(name: string, zone: string, annotations: Record<string, string> = {}): Node {
  return {
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      labels: {
        'eks.amazonaws.com/compute-type': 'fargate',
        'topology.kubernetes.io/zone': `us-east-1${zone}`,
      },
      annotations,
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

/** A cache whose objects a test sets itself. */
export interface HeldCache<Kind extends KubeObject> extends ObjectCache<Kind> {
  put(object: Kind): void;
  remove(object: Kind): void;
}

export function heldCache<Kind extends KubeObject>(objects: readonly Kind[] = []): HeldCache<Kind> {
  const held = new Map(objects.map((object): [string, Kind] => [keyOf(object), object]));
  const listeners: ((object: Kind, isGone: boolean) => void)[] = [];
  const tell = (object: Kind, isGone: boolean): void => {
    for (const listener of listeners) listener(object, isGone);
  };
  return {
    get: (key) => held.get(key),
    list: () => [...held.values()],
    isComplete: () => true,
    onChange: (listener) => listeners.push(listener),
    start: () => undefined,
    stop: async () => undefined,
    put(object) {
      held.set(keyOf(object), object);
      tell(object, false);
    },
    remove(object) {
      held.delete(keyOf(object));
      tell(object, true);
    },
  };
}
