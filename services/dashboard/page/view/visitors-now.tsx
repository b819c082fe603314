import { useEffect, useState } from 'react';
import { formatCount } from '../text/number.ts';
import { usePage } from './page-context.ts';

const spokenEveryMs = 20_000;

/** Who is here now, and whether the live line stands. */
export function VisitorsNow() {
  const { live, change } = usePage();
  const { connection, visitorsNow } = live;
  const isOpen = connection.state === 'open';
  const words = visitorsNow === 1 ? 'visitor now' : 'visitors now';
  return (
    <>
      <button type="button" className="visitors-now" onClick={() => change({ view: 'live' })}>
        <span className={isOpen ? 'pulse' : 'pulse quiet'} aria-hidden="true" />
        {connection.state === 'waiting' ? (
          <span>Reconnecting…</span>
        ) : (
          <span>
            <strong>{visitorsNow === undefined ? '–' : formatCount(visitorsNow)}</strong> {words}
          </span>
        )}
      </button>
      <Spoken text={visitorsNow === undefined ? '' : `${formatCount(visitorsNow)} ${words}`} />
    </>
  );
}

/** What a screen reader says of figures that change all the time: the newest, and not too often. */
function Spoken({ text }: { text: string }) {
  const [spoken, setSpoken] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSpoken(text), spoken === '' ? 0 : spokenEveryMs);
    return () => clearTimeout(timer);
  }, [text, spoken]);
  return (
    <span className="unseen" aria-live="polite">
      {spoken}
    </span>
  );
}
