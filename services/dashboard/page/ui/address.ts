import { useSyncExternalStore } from 'react';

const changed = 'millrace:address';

/** Shows another place of this page. `replace` leaves no step for the back button. */
export function go(address: string, options?: { replace?: boolean }): void {
  history[options?.replace ? 'replaceState' : 'pushState'](null, '', address);
  dispatchEvent(new Event(changed));
}

export function subscribeToAddress(listener: () => void): () => void {
  addEventListener('popstate', listener);
  addEventListener(changed, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(changed, listener);
  };
}

export const usePath = (): string => useSyncExternalStore(subscribeToAddress, () => location.pathname);

/** One part of the address's query. An empty value is left out of it. */
export function useQueryPart(name: string): [string, (value: string, options?: { replace?: boolean }) => void] {
  const value = useSyncExternalStore(subscribeToAddress, () => new URLSearchParams(location.search).get(name) ?? '');
  const set = (next: string, options?: { replace?: boolean }): void => {
    const search = new URLSearchParams(location.search);
    if (next === (search.get(name) ?? '')) return;
    if (next) search.set(name, next);
    else search.delete(name);
    const text = search.toString();
    go(location.pathname + (text && `?${text}`), options);
  };
  return [value, set];
}
