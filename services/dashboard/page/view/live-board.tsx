import { nameValue } from '../text/names.ts';
import { formatCount } from '../text/number.ts';
import { formatAge } from '../text/time.ts';
import { useNow } from '../ui/use-now.ts';
import { ConnectionNote } from './connection-note.tsx';
import { MinuteBars } from './minute-bars.tsx';
import { usePage } from './page-context.ts';
import './live-board.css';

/** What happens on the site right now. */
export function LiveBoard() {
  const { live } = usePage();
  const { visitorsNow, perMinute } = live;
  const views = perMinute.reduce((sum, minute) => sum + minute.views, 0);
  return (
    <>
      <ConnectionNote />
      <section className="card live-now" aria-label="Now">
        <div>
          <p className="figure-name">Visitors now</p>
          <p className="live-number">{visitorsNow === undefined ? '–' : formatCount(visitorsNow)}</p>
          <p className="live-hint">with a view in the last 5 minutes</p>
        </div>
        <div>
          <p className="figure-name">Views per minute</p>
          <MinuteBars />
          <p className="live-hint">{formatCount(views)} views in the last 30 minutes</p>
        </div>
      </section>
      <LatestViews />
    </>
  );
}

function LatestViews() {
  const { live, site } = usePage();
  const nowMs = useNow(1_000) + live.clockAheadMs;
  return (
    <section className="card panel" aria-labelledby="latest-title">
      <header>
        <h2 id="latest-title">Latest views</h2>
        <span className="panel-metric">as they arrive</span>
      </header>
      {live.latest.length === 0 ? (
        <p className="rows rows-empty" data-places={7}>
          {live.visitorsNow === undefined
            ? 'Listening…'
            : `Nobody is on ${site.domain} right now. Views appear here as they happen.`}
        </p>
      ) : (
        <ol className="views">
          {live.latest.map((view) => (
            <li key={view.id} className="view">
              <time dateTime={view.at}>{formatAge(nowMs - Date.parse(view.at))}</time>
              <span className="view-page">
                <b>{view.path}</b>
                {view.title && <span>{view.title}</span>}
              </span>
              <span className="view-from">{view.referrer ? nameValue('referrer', view.referrer) : ''}</span>
              <span className="view-place">{nameValue('country', view.country)}</span>
              <span className="view-client">
                {[view.browser, view.os].filter(Boolean).join(', ') || nameValue('device', view.device)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
