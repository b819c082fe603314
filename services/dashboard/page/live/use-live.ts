import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { LiveFigures } from './live-feed.ts';
import { followLive, nothingYet } from './live-feed.ts';
import { useLookedAt } from './use-looked-at.ts';

/** At most so often while views keep coming; the first after a calm is shown at once. */
const totalsGapMs = 1_000;
const panelsGapMs = 1_500;

/** The live figures of a site while the page is looked at; a component that shows another site needs another key. Figures are asked for anew whenever the roll-ups changed. */
export function useLive(site: string | undefined): LiveFigures {
  const client = useQueryClient();
  const isLookedAt = useLookedAt();
  const [figures, setFigures] = useState(nothingYet);
  useEffect(() => {
    if (!site || !isLookedAt) return;
    const totals = atMostEvery(
      totalsGapMs,
      () => void client.invalidateQueries({ queryKey: ['figures', site, 'stats'] }),
    );
    const panels = atMostEvery(
      panelsGapMs,
      () => void client.invalidateQueries({ queryKey: ['figures', site, 'breakdown'] }),
    );
    const feed = followLive({
      site,
      onChange: setFigures,
      onRolled: () => {
        totals.run();
        panels.run();
      },
    });
    return () => {
      totals.stop();
      panels.stop();
      feed.stop();
    };
  }, [site, isLookedAt, client]);
  return figures;
}

/** Runs at once after a pause, and once more at the end of a burst. */
function atMostEvery(gapMs: number, work: () => void): { run(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    run: () => {
      timer ??= setTimeout(
        () => {
          timer = undefined;
          lastMs = performance.now();
          work();
        },
        Math.max(0, lastMs + gapMs - performance.now()),
      );
    },
    stop: () => clearTimeout(timer),
  };
}
