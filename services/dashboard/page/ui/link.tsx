import type { MouseEvent, ReactNode } from 'react';
import { go } from './address.ts';

interface LinkProps {
  to: string;
  className?: string;
  label?: string | undefined;
  isCurrent?: boolean;
  onGo?(): void;
  children: ReactNode;
}

/** A link within this page: followed without a reload, opened elsewhere as every link. */
export function Link({ to, className, label, isCurrent = false, onGo, children }: LinkProps) {
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onGo?.();
    go(to);
    scrollTo(0, 0);
  };
  return (
    <a
      href={to}
      className={className}
      aria-label={label}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={follow}
    >
      {children}
    </a>
  );
}
