import type { Database } from '@millrace/runtime/database.ts';
import type { Counts, Figures, Needs, Rest, Side, ValueNeeds } from './query-plan.ts';
import { cellKey, restKey, segmentKey } from './query-plan.ts';
import type { Filters, Statement, ValuePage } from './query-sql.ts';
import { cellStatement, filteredStatement, restStatement, valueStatement } from './query-sql.ts';
import type { Dimension } from './roll-up-sql.ts';
import type { Cell, Segment } from './time-range.ts';

/** A line of a breakdown; an empty value stands for none. */
export interface ValueLine {
  value: string;
  pageviews: number;
  visits: number;
  visitors: number;
  seconds: number;
}

/** One side that answers: Aurora or the warehouse. Both run the same text. */
export interface Source {
  figures(question: { siteId: string; needs: Needs; filters: Filters }): Promise<Figures>;
  values(question: {
    siteId: string;
    by: Dimension;
    needs: ValueNeeds;
    filters: Filters;
    page: ValuePage;
  }): Promise<ValueLine[]>;
  /** Since when the roll-ups of a site are behind its events; nothing when they are not. */
  behindSince(siteId: string, before?: Date): Promise<Date | undefined>;
}

/** What the answer to every question begins with. */
export interface SiteFacts {
  owner: string;
  behindSince: Date | undefined;
  /** The time of the latest event that Aurora has. */
  lastAt: Date | undefined;
  /** When the warehouse last had everything. */
  loadedAt: Date | undefined;
}

const turnSize = 4;

type Row = Record<string, string | number | Date | null>;

export function querySource(database: Database, side: Side): Source {
  const isPrepared = side === 'aurora';
  // Under filters a text depends on the question; keeping them prepared would fill the connection's memory.
  const run = async (statement: Statement, keep = isPrepared): Promise<Row[]> =>
    await database.sql.unsafe<Row[]>(statement.text, statement.values, { prepare: keep });
  const countRest = async (siteId: string, rest: Rest): Promise<[string, Counts][]> =>
    (await run(restStatement(siteId, rest))).map((row) => [restKey(rest), countsOf(row)]);
  const countLayer = async (siteId: string, segments: Segment[], filters: Filters): Promise<[string, Counts][]> => {
    const rows = await run(filteredStatement(siteId, { segments, filters }), false);
    return rows.flatMap((row) => {
      const segment = segments[Number(row.n)];
      return segment ? [[segmentKey(segment), countsOf(row)] as [string, Counts]] : [];
    });
  };
  return {
    figures: async ({ siteId, needs, filters }) => {
      const quarters = [...new Set(needs.cells.map((cell) => cell.quarterMs))];
      const [cellRows, ...counted] = await Promise.all([
        quarters.length > 0 ? run(cellStatement(siteId, quarters)) : [],
        inTurns(needs.rests, (rest) => countRest(siteId, rest)),
        ...needs.layers.map((layer) => countLayer(siteId, layer, filters)),
      ]);
      return new Map([...cellFigures(needs.cells, cellRows), ...counted.flat()]);
    },
    values: async ({ siteId, by, needs, filters, page }) => {
      const isPlain = Object.keys(filters).length === 0 && page.after === undefined;
      const rows = await run(valueStatement({ siteId, by, filters, page, ...needs }), isPrepared && isPlain);
      return rows.map(lineOf);
    },
    behindSince: async (siteId, before) => {
      const day = (before ?? new Date('9999-12-31')).toISOString().slice(0, 10);
      const [row] = await database.sql<{ since: Date | null }[]>`
        select min(since) as since from dirty_day where site_id = ${siteId} and day < cast(${day} as date)`;
      return row?.since ?? undefined;
    },
  };
}

/** One trip for all that an answer says about its own age; nothing when there is no such site. */
export async function readSiteFacts(database: Database, siteId: string): Promise<SiteFacts | undefined> {
  const [row] = await database.sql<{ owner: string; behind: Date | null; last: Date | null; loaded: Date | null }[]>`
    select s.owner, (select min(d.since) from dirty_day d where d.site_id = s.id) as behind,
      (select max(e.at) from event e where e.site_id = s.id) as last,
      (select w.loaded_at from load_watermark w) as loaded
    from site s
    where s.id = ${siteId}`;
  if (!row) return undefined;
  const { owner, behind, last, loaded } = row;
  return { owner, behindSince: behind ?? undefined, lastAt: last ?? undefined, loadedAt: loaded ?? undefined };
}

/** A few at a time: an odd range can have hundreds, and other questions need connections too. */
async function inTurns<Item, Given>(items: readonly Item[], work: (item: Item) => Promise<Given[]>): Promise<Given[]> {
  const given: Given[] = [];
  for (let index = 0; index < items.length; index += turnSize) {
    given.push(...(await Promise.all(items.slice(index, index + turnSize).map(work))).flat());
  }
  return given;
}

function cellFigures(cells: readonly Cell[], rows: readonly Row[]): [string, Counts][] {
  const byQuarter = new Map(rows.map((row) => [(row['quarter'] as Date).getTime(), row]));
  return cells.flatMap((cell) => {
    const row = byQuarter.get(cell.quarterMs);
    if (!row) return [];
    const count = (name: string): number => Number(row[`${cell.columns}_${name}`]);
    const counts: Counts = {
      views: count('views'),
      visitors: count('visitors'),
      visits: count('visits'),
      bounces: count('bounces'),
      milliseconds: Math.round(count('seconds') * 1000),
    };
    return [[cellKey(cell), counts] as [string, Counts]];
  });
}

const countsOf = (row: Row): Counts => ({
  views: Number(row['views']),
  visitors: Number(row['visitors']),
  visits: Number(row['visits']),
  bounces: Number(row['bounces']),
  milliseconds: Number(row['milliseconds']),
});

const lineOf = (row: Row): ValueLine => ({
  value: String(row['value']),
  pageviews: Number(row['views']),
  visits: Number(row['visits']),
  visitors: Number(row['visitors']),
  seconds: Number(row['seconds']),
});
