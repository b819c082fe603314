import type postgres from 'postgres';
import type { Broker, OutgoingEvent, PublishOutcome } from './broker.ts';
import type { Random } from './ports.ts';

/** A row of the outbox that this relay has locked. `isBlocked`: an earlier version of its aggregate is not in the same claim. */
export interface ClaimedRow {
  position: string;
  id: string;
  type: string;
  source: string;
  version: number;
  aggregateId: string;
  aggregateVersion: string;
  correlationId: string;
  traceparent: string;
  occurredAt: Date;
  data: string;
  attempts: number;
  isBlocked: boolean;
}

export interface RowOutcome {
  row: ClaimedRow;
  outcome: PublishOutcome;
}

const firstRetryMs = 200;
const longestRetryMs = 8_000;
const reasonLength = 500;
/** What a claim may hold, as the database stores it: a process of half a gigabyte has a heap of 96 MB. The first row always fits. */
const maxClaimBytes = 4 * 1024 * 1024;
/** Above this size it pays to take out the blanks that jsonb puts in. */
const compactAbove = 128 * 1024;

/** By version when the first rows by position all wait for versions that were inserted after them. */
export type ClaimOrder = 'position' | 'version';

/**
 * Locks rows that may be published. Rows of other relays are passed over; a row behind a failed or parked version of its
 * aggregate is not taken. Fewer than `limit` where rows are large. No cursor over ids: rows become visible at commit, in any
 * order.
 */
export async function claimRows(
  tx: postgres.TransactionSql,
  limit: number,
  order: ClaimOrder = 'position',
): Promise<ClaimedRow[]> {
  // The table is empty most of the time, so its statistics mislead: without these a backlog is sorted for every batch.
  const plan = tx`
    select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
      set_config('enable_sort', 'off', true)`;
  const [, rows] = await Promise.all([plan, selectRows(tx, limit, order)]);
  return withinBytes(rows);
}

type LockedRow = Omit<ClaimedRow, 'data'> & { data: string | null };

/** Leaves rows that the claim cannot hold to the next one; later versions of their aggregates are blocked by them. */
function withinBytes(rows: readonly LockedRow[]): ClaimedRow[] {
  const left = new Map<string, number>();
  for (const { aggregateId, aggregateVersion, data } of rows) {
    if (data !== null) continue;
    left.set(aggregateId, Math.min(Number(aggregateVersion), left.get(aggregateId) ?? Number.POSITIVE_INFINITY));
  }
  const taken = rows.filter((row): row is ClaimedRow => row.data !== null);
  if (left.size === 0) return taken;
  return taken.map((row) => {
    const isBehind = Number(row.aggregateVersion) > (left.get(row.aggregateId) ?? Number.POSITIVE_INFINITY);
    return isBehind ? { ...row, isBlocked: true } : row;
  });
}

function selectRows(tx: postgres.TransactionSql, limit: number, order: ClaimOrder): Promise<LockedRow[]> {
  // Most events are the first of their aggregate; then nothing needs to be looked up.
  const first = order === 'version' ? tx`aggregate_version,` : tx``;
  return tx<LockedRow[]>`
    with claimed as materialized (
      select * from outbox as mine
      where parked_reason is null and next_attempt_at <= now()
        and (aggregate_version = 1 or not exists (
          select 1 from outbox as failed
          where failed.attempts > 0 and failed.aggregate_id = mine.aggregate_id
            and failed.aggregate_version < mine.aggregate_version
            and (failed.parked_reason is not null or failed.next_attempt_at > now())))
      order by ${first} position limit ${limit} for update skip locked
    ), newest as (
      select aggregate_id, max(aggregate_version) as last_version, count(*) as rows
      from claimed group by aggregate_id having max(aggregate_version) > 1
    ), incomplete as materialized (
      select newest.aggregate_id, missing.first_version from newest
      cross join lateral (
        select count(*) as rows from outbox
        where outbox.aggregate_id = newest.aggregate_id and outbox.aggregate_version <= newest.last_version
      ) as present
      cross join lateral (
        select min(aggregate_version) as first_version from (
          select position, aggregate_version from outbox
          where outbox.aggregate_id = newest.aggregate_id and outbox.aggregate_version <= newest.last_version
          except select position, aggregate_version from claimed where claimed.aggregate_id = newest.aggregate_id
        ) as elsewhere
        where present.rows <> newest.rows
      ) as missing
    )
    select position, id, type, source, version, claimed.aggregate_id as "aggregateId", aggregate_version as "aggregateVersion",
      correlation_id as "correlationId", traceparent, occurred_at as "occurredAt", attempts,
      case when coalesce(sum(pg_column_size(data)) over (
        order by ${first} position rows between unbounded preceding and 1 preceding), 0) < ${maxClaimBytes} then data::text end as data,
      coalesce(aggregate_version > first_version, false) as "isBlocked"
    from claimed left join incomplete on incomplete.aggregate_id = claimed.aggregate_id
    order by position`;
}

/** Deletes what was published and notes for the rest when to try again, or that nobody should. */
export async function recordOutcomes(
  tx: postgres.TransactionSql,
  outcomes: readonly RowOutcome[],
  random: Random,
): Promise<void> {
  const published = outcomes.filter(({ outcome }) => outcome.outcome === 'published').map(({ row }) => row.position);
  const failed = outcomes.filter(({ outcome }) => outcome.outcome === 'failed');
  const refused = outcomes.filter(({ outcome }) => outcome.outcome === 'refused');
  const pauses = failed.map(({ row }) => String(retryPauseMs(row.attempts, random)));
  await Promise.all([
    published.length > 0 && tx`delete from outbox where position = any(${published}::bigint[])`.execute(),
    failed.length > 0 &&
      tx`
        update outbox set attempts = attempts + 1, next_attempt_at = now() + again.pause_ms * interval '1 millisecond'
        from unnest(${failed.map(({ row }) => row.position)}::bigint[], ${pauses}::float8[]) as again (position, pause_ms)
        where outbox.position = again.position`.execute(),
    refused.length > 0 &&
      tx`
        update outbox set attempts = attempts + 1, parked_reason = because.reason
        from unnest(${refused.map(({ row }) => row.position)}::bigint[], ${refused.map(reasonOf)}::text[]) as because (position, reason)
        where outbox.position = because.position`.execute(),
  ]);
}

/** Exponential, half of it random; small enough that everything flows again soon after the broker does. */
function retryPauseMs(attempts: number, random: Random): number {
  const ceiling = Math.min(firstRetryMs * 2 ** Math.min(attempts, 16), longestRetryMs);
  return Math.round(ceiling * (0.5 + random.fraction() / 2));
}

function reasonOf({ outcome }: RowOutcome): string {
  return outcome.outcome === 'published' ? '' : `${outcome.code}: ${outcome.message}`.slice(0, reasonLength);
}

/**
 * Publishes rows so that a version leaves only after the one before it: one call for the first of each aggregate, one for
 * the seconds whose firsts were taken, and so on. What the time does not allow is left for the next claim.
 */
export async function publishInOrder(
  broker: Broker,
  rows: readonly ClaimedRow[],
  signal: AbortSignal,
): Promise<RowOutcome[]> {
  let waiting = inVersionOrder(rows.filter((row) => !row.isBlocked));
  const done: RowOutcome[] = [];
  // Each round takes at least one row, so there are at most as many rounds as rows.
  while (waiting.length > 0 && !signal.aborted) {
    const { wave, rest } = broker.isAtomic ? { wave: waiting, rest: [] } : splitWave(waiting);
    const outcomes = await broker.publish(wave.map(toOutgoing), signal);
    const stopped = new Set<string>();
    for (const [place, row] of wave.entries()) {
      const outcome = outcomes[place] ?? { outcome: 'later', code: 'NoAnswer', message: 'The broker did not say.' };
      done.push({ row, outcome });
      if (outcome.outcome !== 'published') stopped.add(row.aggregateId);
    }
    waiting = rest.filter((row) => !stopped.has(row.aggregateId));
  }
  return done;
}

/** Versions are inserted in their order, unless somebody did not: then versions decide. */
function inVersionOrder(rows: ClaimedRow[]): ClaimedRow[] {
  const last = new Map<string, number>();
  for (const { aggregateId, aggregateVersion } of rows) {
    const version = Number(aggregateVersion);
    if (version < (last.get(aggregateId) ?? 0)) {
      return rows.sort((one, other) => Number(one.aggregateVersion) - Number(other.aggregateVersion));
    }
    last.set(aggregateId, version);
  }
  return rows;
}

function splitWave(rows: readonly ClaimedRow[]): { wave: ClaimedRow[]; rest: ClaimedRow[] } {
  const seen = new Set<string>();
  const wave: ClaimedRow[] = [];
  const rest: ClaimedRow[] = [];
  for (const row of rows) {
    (seen.has(row.aggregateId) ? rest : wave).push(row);
    seen.add(row.aggregateId);
  }
  return { wave, rest };
}

function toOutgoing(row: ClaimedRow): OutgoingEvent {
  const { id, type, source, occurredAt, traceparent } = row;
  const data = row.data.length > compactAbove ? JSON.stringify(JSON.parse(row.data)) : row.data;
  // Put together as text: parsing and writing every event's data again would be most of the relay's work.
  const detail =
    `{"id":"${id}","version":${row.version},"occurredAt":"${occurredAt.toISOString()}",` +
    `"aggregateId":${JSON.stringify(row.aggregateId)},"aggregateVersion":${row.aggregateVersion},` +
    `"correlationId":${JSON.stringify(row.correlationId)},"traceparent":${JSON.stringify(traceparent)},"data":${data}}`;
  return { id, type, source, detail, occurredAt, traceparent };
}
