import { makeInformer } from '@kubernetes/client-node';
import type { KubeApi } from './kube-api.ts';
import { KubeRefusal } from './kube-api.ts';
import type { KubeObject } from './objects.ts';
import { keyOf } from './objects.ts';

/** All objects of one kind as the API server last told of them. */
export interface ObjectCache<Kind extends KubeObject> {
  get(key: string): Kind | undefined;
  list(): Kind[];
  /** Whether the first list is in. */
  isComplete(): boolean;
  /** Called after each change, with the object as it is, or as it was when it is gone. */
  onChange(listener: (object: Kind, isGone: boolean) => void): void;
  start(): void;
  stop(): Promise<void>;
}

interface CacheOptions {
  api: KubeApi;
  /** Of the collection, such as `/api/v1/pods`. */
  path: string;
  /** Said once when it cannot be read, and once when it can again. */
  note: (line: string) => void;
}

const retryMs = 500;
/** A kind that is not installed yet, or a right that is not given yet. */
const refusedRetryMs = 3_000;

/**
 * Lists and watches a collection, and goes on where it was after the connection is lost. Built on the library's informer,
 * which stops at an error: then it is started again.
 */
export function cacheObjects<Kind extends KubeObject>({ api, path, note }: CacheOptions): ObjectCache<Kind> {
  const held = holdObjects<Kind>();
  const health = watchHealth({ path, note });
  let isComplete = false;
  let isStopped = false;
  let retry: NodeJS.Timeout | undefined;

  const list = async (): Promise<{ metadata: { resourceVersion: string }; items: Kind[] }> => {
    const { body } = await api.must('GET', path);
    // The informer takes the items up right after this promise; only then all are known.
    setImmediate(() => {
      isComplete = true;
      health.works();
    });
    return body as unknown as { metadata: { resourceVersion: string }; items: Kind[] };
  };
  // Our objects are JSON as it came; the library's types hold dates.
  const informer = makeInformer(api.config, path, list as never);
  const keep = (object: unknown): void => {
    health.works();
    held.keep(object as Kind);
  };
  informer.on('add', keep);
  informer.on('update', keep);
  informer.on('delete', (object: unknown) => held.drop(object as Kind));
  const start = (): void => {
    if (!isStopped) informer.start().catch(failed);
  };
  const failed = (error: unknown): void => {
    if (isStopped) return;
    health.fails(error);
    clearTimeout(retry);
    retry = setTimeout(start, isRefusal(error) ? refusedRetryMs : retryMs);
  };
  informer.on('error', failed);
  return {
    get: held.get,
    list: held.list,
    isComplete: () => isComplete,
    onChange: held.onChange,
    start,
    async stop() {
      isStopped = true;
      clearTimeout(retry);
      await informer.stop();
    },
  };
}

function holdObjects<Kind extends KubeObject>() {
  const objects = new Map<string, Kind>();
  const listeners: ((object: Kind, isGone: boolean) => void)[] = [];
  const tell = (object: Kind, isGone: boolean): void => {
    for (const listener of listeners) listener(object, isGone);
  };
  return {
    get: (key: string) => objects.get(key),
    list: () => [...objects.values()],
    onChange: (listener: (object: Kind, isGone: boolean) => void): void => {
      listeners.push(listener);
    },
    keep(object: Kind): void {
      const old = objects.get(keyOf(object));
      // It went and came again while nobody watched: two objects of one name.
      if (old && old.metadata.uid !== object.metadata.uid) tell(old, true);
      objects.set(keyOf(object), object);
      tell(object, false);
    },
    drop(object: Kind): void {
      objects.delete(keyOf(object));
      tell(object, true);
    },
  };
}

/** Says once that it does not work, and once that it does again. */
function watchHealth({ path, note }: Pick<CacheOptions, 'path' | 'note'>) {
  let isFailing = false;
  return {
    works(): void {
      if (isFailing) note(`${path} can be read again`);
      isFailing = false;
    },
    fails(error: unknown): void {
      if (!isFailing) note(`${path} cannot be read: ${error instanceof Error ? error.message : error}. Trying again.`);
      isFailing = true;
    },
  };
}

function isRefusal(error: unknown): boolean {
  const status =
    error instanceof KubeRefusal ? error.status : (error as { statusCode?: number } | undefined)?.statusCode;
  return status === 404 || status === 403;
}
