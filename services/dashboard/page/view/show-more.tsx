/** A list that comes in pages, as the query library gives it. */
interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage(): Promise<unknown>;
}

/** The button below a list that has more to show; nothing where all is there. */
export function ShowMore({ pages, className }: { pages: Pages; className?: string }) {
  if (!pages.hasNextPage) return null;
  return (
    <button
      type="button"
      className={className ? `button ${className}` : 'button'}
      disabled={pages.isFetchingNextPage}
      onClick={() => void pages.fetchNextPage()}
    >
      {pages.isFetchingNextPage ? 'Loading…' : 'Show more'}
    </button>
  );
}
