import type { Store } from '../store.ts';
import type { StoredMessage } from './messages.ts';

const maxSearched = 20_000;

/** The next messages of a FIFO queue: in order, and none of a group of which an earlier message is not deleted yet. */
export function takeFromGroups(
  store: Store,
  queueId: number,
  take: { now: number; max: number; columns: string },
): StoredMessage[] {
  const rows = store.all<{ id: number; message_group: string; visible_at: number }>(
    'select id, message_group, visible_at from message where queue = ? order by id limit ?',
    queueId,
    maxSearched,
  );
  const blocked = new Set<string>();
  const found: StoredMessage[] = [];
  for (const row of rows) {
    if (found.length >= take.max) break;
    if (row.visible_at > take.now) blocked.add(row.message_group);
    if (blocked.has(row.message_group)) continue;
    const message = store.get<StoredMessage>(
      `select ${take.columns} from message m join message_body b on b.id = m.id where m.id = ?`,
      row.id,
    );
    if (message !== undefined) found.push(message);
  }
  return found;
}
