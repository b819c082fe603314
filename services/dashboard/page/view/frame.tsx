import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { userQuery } from '../api/queries.ts';
import type { User } from '../api/types.ts';
import { Header, loginAddress } from './header.tsx';
import './frame.css';

interface FrameProps {
  title: string;
  /** Beside the title. */
  actions?: ReactNode;
  isBusy?: boolean;
  children: ReactNode;
}

/** What every page of the shop has around it. Who comes from another page lands on its title. */
export function Frame({ title, actions, isBusy = false, children }: FrameProps) {
  const { data: user } = useQuery(userQuery);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
  useEffect(() => {
    if (wasShown) heading.current?.focus({ preventScroll: true });
    wasShown = true;
  }, []);
  return (
    <div className="page">
      <Header user={user} sites={[]} />
      <main id="main" className="page-body" tabIndex={-1} aria-busy={isBusy}>
        <div className="frame-title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {actions}
        </div>
        {children}
      </main>
    </div>
  );
}

/** The first page takes no focus: it was not chosen within this one. */
let wasShown = false;

/** Shows what is somebody's own to that person, and the way to the login to everybody else. */
export function OwnFrame({ title, why, children }: { title: string; why: string; children(user: User): ReactNode }) {
  const { data: user } = useQuery(userQuery);
  if (user) return children(user);
  return (
    <Frame title={title} isBusy={user === undefined}>
      {user === null && <LoginCard why={why} />}
    </Frame>
  );
}

export function LoginCard({ why }: { why: string }) {
  return (
    <div className="card frame-empty">
      <p>{why}</p>
      <a className="button main" href={loginAddress()}>
        Log in
      </a>
    </div>
  );
}
