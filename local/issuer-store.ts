import { z } from 'zod';
import type { DiskState } from './disk-state.ts';
import { keepOnDisk, readJson } from './disk-state.ts';

const maxEntries = 20_000;

const entry = z.object({ payload: z.record(z.string(), z.unknown()), expiresAt: z.number().nullable() });
type Entry = z.output<typeof entry>;
const storeFile = z.record(z.string(), entry);

/** What oidc-provider remembers: sessions, grants, codes, refresh tokens. In memory, and on disk soon after a change. */
export interface IssuerStore {
  /** The adapter class's factory that oidc-provider asks for each of its models. */
  adapter(model: string): Adapter;
  close(): Promise<void>;
}

interface Adapter {
  upsert(id: string, payload: Record<string, unknown>, expiresIn?: number): Promise<void>;
  find(id: string): Promise<Record<string, unknown> | undefined>;
  findByUid(uid: string): Promise<Record<string, unknown> | undefined>;
  findByUserCode(userCode: string): Promise<undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

/** Reads the store from a file. What is damaged or expired is forgotten: its owner logs in once more. */
export async function openStore(
  path: string,
  options: { now: () => number; onFault: (error: unknown) => void },
): Promise<IssuerStore> {
  const saved = storeFile.safeParse(await readJson(path).catch(() => undefined));
  const entries = new Map<string, Entry>(saved.success ? Object.entries(saved.data) : []);
  const disk = keepOnDisk(path, () => Object.fromEntries(entries), options.onFault);
  return {
    adapter: (model) => createAdapter({ model, entries, disk, now: options.now }),
    close: () => disk.flush(),
  };
}

function createAdapter(parts: {
  model: string;
  entries: Map<string, Entry>;
  disk: DiskState;
  now: () => number;
}): Adapter {
  const { model, entries, disk, now } = parts;
  const keyOf = (id: string): string => `${model}:${id}`;
  const read = (key: string): Record<string, unknown> | undefined => {
    const found = entries.get(key);
    return found && (found.expiresAt === null || found.expiresAt > now()) ? found.payload : undefined;
  };
  return {
    upsert: async (id, payload, expiresIn) => {
      if (entries.size >= maxEntries) dropOldest(entries, now());
      entries.delete(keyOf(id));
      entries.set(keyOf(id), { payload, expiresAt: expiresIn === undefined ? null : now() + expiresIn * 1000 });
      disk.changed();
    },
    find: async (id) => read(keyOf(id)),
    findByUid: async (uid) => {
      const found = [...entries].find(([key, value]) => key.startsWith(`${model}:`) && value.payload['uid'] === uid);
      return found && read(found[0]);
    },
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const payload = read(keyOf(id));
      if (payload) payload['consumed'] = Math.floor(now() / 1000);
      disk.changed();
    },
    destroy: async (id) => {
      entries.delete(keyOf(id));
      disk.changed();
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, value] of entries) if (value.payload['grantId'] === grantId) entries.delete(key);
      disk.changed();
    },
  };
}

function dropOldest(entries: Map<string, Entry>, nowMs: number): void {
  for (const [key, value] of entries) if (value.expiresAt !== null && value.expiresAt <= nowMs) entries.delete(key);
  for (const key of entries.keys()) {
    if (entries.size < maxEntries) return;
    entries.delete(key);
  }
}
