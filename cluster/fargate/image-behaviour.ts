import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentFault } from '@millrace/policies/environment-fault.ts';
import { z } from 'zod';

/**
 * What an image does when it runs. `crashes` and `never-ready` are of containers that are to keep running, `fails` of pods
 * that are to end (Jobs): a service's migration and its API run the same image, and a test wants to break one of them.
 */
export const behaviours = ['runs', 'crashes', 'never-ready', 'fails'] as const;
export type Behaviour = (typeof behaviours)[number];

/** Behaviour by digest; what is not named runs. */
export interface ImageBehaviours {
  /** Of an image as a pod names it: `registry/name@sha256:…`. */
  of(image: string | undefined): Behaviour;
  set(digest: string, behaviour: Behaviour): void;
  reset(): void;
  all(): Record<string, Behaviour>;
}

export const digestForm = /^sha256:[0-9a-f]{64}$/;
const maxImages = 1_000;
const fileForm = z.record(z.string().regex(digestForm), z.enum(behaviours));

/** Reads what a process before this one was told, and keeps what this one is. @throws EnvironmentFault */
export function openImageBehaviours(folder: string): ImageBehaviours {
  const path = join(folder, 'images.json');
  let images = read(folder, path);
  const keep = (next: Record<string, Behaviour>): void => {
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, `${JSON.stringify(next, undefined, 2)}\n`);
    renameSync(unfinished, path);
    images = next;
  };
  return {
    of: (image) => {
      const digest = image?.split('@')[1] ?? '';
      return Object.hasOwn(images, digest) ? (images[digest] ?? 'runs') : 'runs';
    },
    set(digest, behaviour) {
      const { [digest]: _, ...others } = images;
      if (Object.keys(others).length >= maxImages) throw new RangeError(`there are ${maxImages} images already`);
      keep(behaviour === 'runs' ? others : { ...others, [digest]: behaviour });
    },
    reset: () => keep({}),
    all: () => ({ ...images }),
  };
}

function read(folder: string, path: string): Record<string, Behaviour> {
  try {
    mkdirSync(folder, { recursive: true });
    return fileForm.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new EnvironmentFault(`E918 ${path} cannot be used: ${why}. Remove it, or give another --folder.`);
  }
}
