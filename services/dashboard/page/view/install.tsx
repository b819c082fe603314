import type { Site } from '../api/types.ts';
import type { LiveFigures } from '../live/live-feed.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import './install.css';

const tagOf = (site: Site): string => `<script defer src="${location.origin}/t.js" data-site="${site.id}"></script>`;

/** For a site that nothing has arrived from: the one thing to do, and what happens then. */
export function Install({ site, live }: { site: Site; live: LiveFigures }) {
  return (
    <section className="install card" aria-labelledby="install-title">
      <p className="install-wait" role="status">
        <span className="pulse" aria-hidden="true" />
        {live.connection.state === 'waiting'
          ? 'The live line is away; it comes back by itself'
          : 'Waiting for the first page view'}
      </p>
      <h2 id="install-title">Paste this into {site.domain}</h2>
      <ScriptTag site={site} />
      <ol className="install-steps">
        <li>
          <strong>Paste</strong> the line before <code>&lt;/head&gt;</code> of every page, or once into your template.
        </li>
        <li>
          <strong>Open</strong> a page of your site. Its view appears here within two seconds; nothing needs a reload.
        </li>
        <li>
          <strong>Look</strong> at visitors, sources, countries and devices. No cookies are set, so no banner is needed.
        </li>
      </ol>
      {location.hostname === 'localhost' && (
        <p className="install-try">
          Nothing to paste it into? <code>make demo</code> opens a demo shop with believable visitors; choose it above.
        </p>
      )}
    </section>
  );
}

/** The line to paste, with its button. */
export function ScriptTag({ site }: { site: Site }) {
  const tag = tagOf(site);
  return (
    <div className="script-tag">
      <pre>
        <code>{tag}</code>
      </pre>
      <CopyButton text={tag} label="Copy" />
      <p>
        Visitors whose browser sends Do Not Track or Global Privacy Control are not counted. An ad blocker may keep the
        script away in your own browser.
      </p>
    </div>
  );
}
