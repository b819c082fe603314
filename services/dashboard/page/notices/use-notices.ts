import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { call, shopAddress } from '../api/client.ts';
import { noticesQuery } from '../api/shop-queries.ts';
import type { NoticeItem } from '../api/shop-types.ts';
import type { NoticePages } from './notice-list.ts';
import { unreadOf, withRead } from './notice-list.ts';

/** Notices, the newest first, and how they are marked as read. */
export function useNotices() {
  const client = useQueryClient();
  const pages = useInfiniteQuery(noticesQuery());
  const read = (notices: readonly NoticeItem[]): void => {
    const unread = notices.filter((notice) => notice.readAt === null);
    if (unread.length === 0) return;
    const now = new Date().toISOString();
    for (const { id } of unread) {
      client.setQueryData<NoticePages>(noticesQuery().queryKey, (known) => withRead(known, now, id));
    }
    const sent = unread.map(({ id }) => call(shopAddress(`/notifications/${id}/read`), { method: 'POST' }));
    // What could not be said is unread again.
    void Promise.allSettled(sent).then((outcomes) => {
      if (outcomes.some(({ status }) => status === 'rejected')) void pages.refetch();
    });
  };
  return { pages, unread: unreadOf(pages.data), read };
}
