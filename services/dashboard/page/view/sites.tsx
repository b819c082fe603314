import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { sitesQuery } from '../api/queries.ts';
import type { Site, User } from '../api/types.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Failure } from '../ui/notice.tsx';
import { Header } from './header.tsx';
import { SiteForm } from './site-form.tsx';
import { SitePage } from './site-page.tsx';
import { usePageState } from './use-page-state.ts';

/** Chooses the site: the one of the address, else the one that was looked at last, else the newest. */
export function Sites({ user }: { user: User }) {
  const { data: sites, error, refetch } = useQuery(sitesQuery);
  const [state, change] = usePageState();
  const [isAdding, setAdding] = useState(false);
  const client = useQueryClient();
  const site = sites && chooseSite(sites, state.site);
  useEffect(() => {
    if (!site) return;
    remember(site.id);
    document.title = `${site.name} · Millrace`;
    if (state.site === undefined) change({ site: site.id }, { replace: true });
  }, [site, state.site, change]);
  const added = (next: Site): void => {
    client.setQueryData(sitesQuery.queryKey, (known) => [...(known ?? []), next]);
    setAdding(false);
    change({ site: next.id, filters: {}, view: 'overview', more: undefined });
  };
  if (error && !sites) {
    return (
      <Frame user={user}>
        <Failure error={error} onRetry={() => void refetch()} />
      </Frame>
    );
  }
  if (!sites) return <Frame user={user} isBusy />;
  if (sites.length === 0) {
    return (
      <Frame user={user}>
        <div className="first-site card">
          <h1>Add your first site</h1>
          <p>You get one line of HTML to paste into it. No cookies, no banner.</p>
          <SiteForm onAdded={added} />
        </div>
      </Frame>
    );
  }
  return (
    <>
      {site ? (
        <SitePage key={site.id} {...{ user, site, sites, state, change }} onAdd={() => setAdding(true)} />
      ) : (
        <Frame user={user} sites={sites}>
          <div className="lone">
            <h1>This site is not here</h1>
            <p>It does not exist, or it belongs to another account.</p>
            <a className="button main" href="/">
              Show my sites
            </a>
          </div>
        </Frame>
      )}
      {isAdding && (
        <Dialog title="Add a site" onClose={() => setAdding(false)}>
          <SiteForm onAdded={added} />
        </Dialog>
      )}
    </>
  );
}

function Frame({
  user,
  sites,
  isBusy,
  children,
}: {
  user: User;
  sites?: Site[];
  isBusy?: boolean;
  children?: React.ReactNode;
}) {
  return (
    <div className="page">
      <Header user={user} sites={sites ?? []} />
      <main id="main" aria-busy={isBusy ?? false}>
        {children}
      </main>
    </div>
  );
}

function chooseSite(sites: readonly Site[], wanted: string | undefined): Site | undefined {
  if (wanted) return sites.find((site) => site.id === wanted);
  const last = recall();
  return sites.find((site) => site.id === last) ?? sites.at(-1);
}

function remember(id: string): void {
  try {
    localStorage.setItem('site', id);
  } catch {
    // Storage may be switched off; then the newest site comes up.
  }
}

function recall(): string | null {
  try {
    return localStorage.getItem('site');
  } catch {
    return null;
  }
}
