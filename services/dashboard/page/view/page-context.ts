import { createContext, useContext } from 'react';
import type { Question } from '../api/queries.ts';
import type { Site } from '../api/types.ts';
import type { LiveFigures } from '../live/live-feed.ts';
import type { Interval, Range } from '../text/range.ts';
import type { PageState } from '../text/url-state.ts';
import type { ChangeState } from './use-page-state.ts';

/** What every part of the page about one site knows. */
export interface PageFacts {
  site: Site;
  state: PageState;
  change: ChangeState;
  zone: string;
  range: Range;
  before: Range;
  fairBefore: Range;
  interval: Interval;
  question: Question;
  live: LiveFigures;
  nowMs: number;
}

export const PageContext = createContext<PageFacts | undefined>(undefined);

export function usePage(): PageFacts {
  const facts = useContext(PageContext);
  if (!facts) throw new Error('this part of the page stands outside a site');
  return facts;
}
