import type { InfiniteData } from '@tanstack/react-query';
import type { NoticeItem, Page } from '../api/shop-types.ts';

export type NoticePages = InfiniteData<Page<NoticeItem>, unknown>;

/** Puts a notice that just came in before the others; one that is known is replaced where it stands. */
export function withNotice(known: NoticePages | undefined, notice: NoticeItem): NoticePages | undefined {
  const [first, ...rest] = known?.pages ?? [];
  if (!known || !first) return known;
  const isKnown = known.pages.some((page) => page.items.some(({ id }) => id === notice.id));
  if (isKnown) return mapNotices(known, (item) => (item.id === notice.id ? notice : item));
  return { ...known, pages: [{ ...first, items: [notice, ...first.items] }, ...rest] };
}

/** Marks what was read; without an id, everything. */
export function withRead(known: NoticePages | undefined, at: string, id?: string): NoticePages | undefined {
  if (!known) return known;
  return mapNotices(known, (item) =>
    item.readAt === null && (id === undefined || item.id === id) ? { ...item, readAt: at } : item,
  );
}

export const unreadOf = (known: NoticePages | undefined): NoticeItem[] =>
  noticesOf(known).filter((notice) => notice.readAt === null);

export const noticesOf = (known: NoticePages | undefined): NoticeItem[] =>
  known?.pages.flatMap((page) => page.items) ?? [];

function mapNotices(known: NoticePages, change: (item: NoticeItem) => NoticeItem): NoticePages {
  return { ...known, pages: known.pages.map((page) => ({ ...page, items: page.items.map(change) })) };
}
