import { ApiError } from '../api/client.ts';
import type { Faults } from '../text/faults.ts';
import { sayShopFailure } from './notice.tsx';

interface RefusalProps {
  error: unknown;
  faults: Faults<string>;
  /** What to say when somebody else changed the thing meanwhile. */
  stale: string;
  onReload(): void;
}

/** What is wrong with a change as a whole; what is wrong with one field stands beside it. */
export function Refusal({ error, faults, stale, onReload }: RefusalProps) {
  const isStale = error instanceof ApiError && error.status === 412;
  const isSaid = Object.keys(faults.fields).length > 0 || faults.rest.length > 0;
  return (
    <div role="alert" className="form-fault">
      {isStale && (
        <>
          <p>{stale}</p>
          <button type="button" className="button small" onClick={onReload}>
            Load again
          </button>
        </>
      )}
      {faults.rest.map((words) => (
        <p key={words}>{words}</p>
      ))}
      {error !== null && !isStale && !isSaid && <p>{sayShopFailure(error)}</p>}
    </div>
  );
}

/** The pointers of a problem, for a form to sort. */
export const pointersOf = (error: unknown): Record<string, string> => (error instanceof ApiError ? error.pointers : {});
