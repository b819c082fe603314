import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { userQuery } from '../api/queries.ts';
import type { Site, User } from '../api/types.ts';
import { useLive } from '../live/use-live.ts';
import type { PageState } from '../text/url-state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { Header } from './header.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { Install, ScriptTag } from './install.tsx';
import { LiveBoard } from './live-board.tsx';
import { Overview } from './overview.tsx';
import { PageContext, usePage } from './page-context.ts';
import { Toolbar } from './toolbar.tsx';
import { useHasViews } from './use-has-views.ts';
import { usePageFacts } from './use-page-facts.ts';
import type { ChangeState } from './use-page-state.ts';
import { useShortcuts } from './use-shortcuts.ts';

interface SitePageProps {
  user: User;
  site: Site;
  sites: readonly Site[];
  state: PageState;
  change: ChangeState;
  onAdd(): void;
}

/** Everything about one site. */
export function SitePage({ user, site, sites, state, change, onAdd }: SitePageProps) {
  const live = useLive(site.id);
  const facts = usePageFacts({ site, state, change, live });
  const [open, setOpen] = useState<'help' | 'tag' | undefined>();
  const hasViews = useHasViews(site, live);
  useShortcuts(facts, { onHelp: () => setOpen('help'), onAdd });
  return (
    <PageContext value={facts}>
      <div className="page">
        <Header
          {...{ user, sites, site, onAdd }}
          onChooseSite={(id) => change({ site: id, filters: {}, more: undefined })}
          onTag={() => setOpen('tag')}
          onHelp={() => setOpen('help')}
        />
        <main id="main" className="page-body" tabIndex={-1}>
          <h1 className="unseen">{site.name}</h1>
          <SessionOver />
          {hasViews === false ? (
            <Install site={site} live={live} />
          ) : (
            <>
              <Toolbar />
              {state.view === 'live' ? <LiveBoard /> : <Overview />}
            </>
          )}
        </main>
      </div>
      {open === 'help' && <HelpDialog onClose={() => setOpen(undefined)} />}
      {open === 'tag' && (
        <Dialog title="Script tag" onClose={() => setOpen(undefined)}>
          <ScriptTag site={site} />
        </Dialog>
      )}
    </PageContext>
  );
}

/** The figures that are shown stay; only a login brings new ones. */
function SessionOver() {
  const { live } = usePage();
  const { data: user } = useQuery(userQuery);
  if (user !== null && live.connection.state !== 'over') return null;
  const returnTo = encodeURIComponent(location.pathname + location.search);
  return (
    <Notice
      action={
        <a className="button small" href={`/session/login?returnTo=${returnTo}`}>
          Log in again
        </a>
      }
    >
      Your login is over. What you see is not renewed any more.
    </Notice>
  );
}
