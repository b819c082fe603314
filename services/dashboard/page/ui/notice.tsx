import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { Icon } from './icon.tsx';
import './notice.css';

/** Says what is wrong, what that means and what to do. */
export function Notice({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="notice" role="status">
      <Icon name="warning" />
      <div>{children}</div>
      {action}
    </div>
  );
}

/** In the place of something that could not be loaded. */
export function Failure({
  error,
  say = sayFailure,
  onRetry,
}: {
  error: unknown;
  say?(error: unknown): string;
  onRetry(): void;
}) {
  return (
    <div className="failure" role="alert">
      <p>{say(error)}</p>
      <button type="button" className="button small" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** One sentence for a person, with what to do next. */
export function sayFailure(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something unexpected happened in this page. Reload it.';
  if (error.status === 401) return 'Your login is over. Log in again to see this.';
  if (error.status === 404) return 'This site does not exist, or it belongs to another account.';
  if (error.status === 429) return 'That was too much at once. It is tried again in a moment.';
  if (error.status >= 500) return 'The figures cannot be read right now. Views are still being collected.';
  return error.message;
}

/** The same for the shop's pages, whose services answer for themselves. */
export function sayShopFailure(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something unexpected happened in this page. Reload it.';
  if (error.status === 401) return 'Your login is over. Log in again.';
  if (error.status === 403 && error.slug === 'insufficient-scope') return 'Your account may not do this.';
  if (error.status === 429) return 'That was too much at once. Wait a moment and try again.';
  if (error.status >= 500) return 'This does not answer right now. Try again in a moment.';
  return error.message;
}
