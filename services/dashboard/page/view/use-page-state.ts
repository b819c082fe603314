import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { PageState } from '../text/url-state.ts';
import { readState, writeState } from '../text/url-state.ts';
import { go, subscribeToAddress } from '../ui/address.ts';

/** Changes the address and with it the page. `replace` leaves no step for the back button. */
export type ChangeState = (change: Partial<PageState>, options?: { replace?: boolean }) => void;

/** The page's state, which is its address: back and forward, reload and a shared link all give the same page. */
export function usePageState(): [PageState, ChangeState] {
  const search = useSyncExternalStore(subscribeToAddress, () => location.search);
  const state = useMemo(() => readState(search), [search]);
  const change = useCallback<ChangeState>((part, options) => {
    const next = writeState({ ...readState(location.search), ...part });
    if (next === location.search) return;
    go(`/${next}`, options);
  }, []);
  return [state, change];
}
