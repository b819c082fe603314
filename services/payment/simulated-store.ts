import type postgres from 'postgres';

/** A charge as the simulated company keeps it. */
export interface ChargeRow {
  key: string;
  orderId: string | null;
  token: string | null;
  amountMinor: number;
  currency: string;
  outcome: 'succeeded' | 'declined' | 'blocked';
  reason: string | null;
}

export interface RefundRow {
  key: string;
  amountMinor: number;
  currency: string;
}

/** A callback, written with what it tells. */
export interface WebhookRow {
  id: string;
  key: string;
  body: string;
}

export interface DueWebhook extends WebhookRow {
  tries: number;
  /** The faults that were ordered for sending it, with blanks between. */
  faults: string;
}

export type Operation = 'charge' | 'refund' | 'find' | 'block' | 'webhook';
export type FaultKind = 'error' | 'lost-answer' | 'wrong-amount' | 'duplicate';

/**
 * The charge of a key, if there is one, and the faults that were ordered for charging it. Where there is neither, and the row
 * is one that is written without more ado, it is written with its callback in the same statement.
 */
export async function chargeAtOnce(
  sql: postgres.ISql,
  row: ChargeRow & { now: Date; webhook: WebhookRow | undefined; isPlain: boolean },
): Promise<{ known: ChargeRow | undefined; faults: Set<FaultKind>; isNew: boolean }> {
  const { now, webhook } = row;
  const [found] = await sql<(Omit<ChargeRow, 'key'> & { key: string | null; faults: string | null; isNew: boolean })[]>`
    with known as (select * from provider.charge where key = ${row.key}),
    fault as (
      select string_agg(kind, ' ') as kinds from provider.fault
      where operation = 'charge' and (key is null or key = ${row.key}) and (until is null or until > ${now})),
    added as (
      insert into provider.charge (key, order_id, token, amount_minor, currency, outcome, reason, created_at)
      select ${row.key}::text, ${row.orderId}::uuid, ${row.token}::text, ${row.amountMinor}::bigint, ${row.currency}::text,
        ${row.outcome}::text, ${row.reason}::text, ${now}::timestamptz
      from fault where kinds is null and ${row.isPlain} and not exists (select 1 from known)
      on conflict (key) do nothing returning key),
    told as (
      insert into provider.webhook (id, key, body, due_at, created_at)
      select ${webhook?.id ?? null}::uuid, key, ${webhook?.body ?? ''}, ${now}::timestamptz, ${now}::timestamptz from added
      where ${webhook !== undefined})
    select known.key, order_id as "orderId", token, amount_minor::float8 as "amountMinor", currency, outcome, reason,
      kinds as faults, exists (select 1 from added) as "isNew"
    from fault left join known on true`;
  if (!found) throw new Error('A query of one row gave none.');
  const { faults, key, isNew, ...charge } = found;
  const kinds = (faults?.split(' ') ?? []) as FaultKind[];
  return { known: key === null ? undefined : { key, ...charge }, faults: new Set(kinds), isNew };
}

/** The faults that were ordered for an operation on a key. */
export async function findFaults(
  sql: postgres.ISql,
  on: { operation: Operation; key: string; now: Date },
): Promise<Set<FaultKind>> {
  const rows = await sql<{ kind: FaultKind }[]>`
    select kind from provider.fault
    where operation = ${on.operation} and (key is null or key = ${on.key}) and (until is null or until > ${on.now})`;
  return new Set(rows.map(({ kind }) => kind));
}

/** Orders a fault: what a person would do in the company's test console. */
export async function orderFault(
  sql: postgres.ISql,
  fault: { operation: Operation; kind: FaultKind; key?: string; until?: Date },
): Promise<void> {
  const { operation, kind, key = null, until = null } = fault;
  await sql`insert into provider.fault (operation, kind, key, until) values (${operation}, ${kind}, ${key}, ${until})`;
}

export async function findCharge(sql: postgres.ISql, key: string): Promise<ChargeRow | undefined> {
  const [row] = await sql<ChargeRow[]>`
    select key, order_id as "orderId", token, amount_minor::float8 as "amountMinor", currency, outcome, reason
    from provider.charge where key = ${key}`;
  return row;
}

export async function findRefund(sql: postgres.ISql, key: string): Promise<RefundRow | undefined> {
  const [row] = await sql<RefundRow[]>`
    select key, amount_minor::float8 as "amountMinor", currency from provider.refund where key = ${key}`;
  return row;
}

/** Writes a charge and its callback, unless the key is taken. @returns whether it was written now. */
export async function addCharge(
  sql: postgres.ISql,
  row: ChargeRow & { now: Date; webhook: WebhookRow | undefined },
): Promise<boolean> {
  const { key, orderId, token, amountMinor, currency, outcome, reason, now, webhook } = row;
  const added = await sql`
    with added as (
      insert into provider.charge (key, order_id, token, amount_minor, currency, outcome, reason, created_at)
      values (${key}, ${orderId}, ${token}, ${amountMinor}, ${currency}, ${outcome}, ${reason}, ${now})
      on conflict (key) do nothing returning key),
    told as (
      insert into provider.webhook (id, key, body, due_at, created_at)
      select ${webhook?.id ?? null}::uuid, key, ${webhook?.body ?? ''}, ${now}::timestamptz, ${now}::timestamptz from added
      where ${webhook !== undefined})
    select key from added`;
  return added.length > 0;
}

/** Writes the refund of a charge that took money, and its callback, unless there is one. */
export async function addRefund(
  sql: postgres.ISql,
  refund: { key: string; now: Date; webhook: WebhookRow | undefined },
): Promise<void> {
  const { key, now, webhook } = refund;
  await sql`
    with added as (
      insert into provider.refund (key, amount_minor, currency, created_at)
      select key, amount_minor, currency, ${now}::timestamptz from provider.charge where key = ${key} and outcome = 'succeeded'
      on conflict (key) do nothing returning key)
    insert into provider.webhook (id, key, body, due_at, created_at)
    select ${webhook?.id ?? null}::uuid, key, ${webhook?.body ?? ''}, ${now}::timestamptz, ${now}::timestamptz from added
    where ${webhook !== undefined}`;
}

/** @returns whether this is the first call with the key. */
export async function refuseFirstCall(sql: postgres.ISql, key: string, now: Date): Promise<boolean> {
  const added = await sql`
    insert into provider.refused_call (key, created_at) values (${key}, ${now}) on conflict do nothing returning key`;
  return added.length > 0;
}

/** Borrows callbacks that are due; another courier gets them when the loan is over. */
export async function borrowWebhooks(
  sql: postgres.ISql,
  loan: { now: Date; until: Date; limit: number },
): Promise<DueWebhook[]> {
  return sql<DueWebhook[]>`
    update provider.webhook set due_at = ${loan.until}, tries = tries + 1
    where id = any(array(
      select id from provider.webhook where due_at <= ${loan.now} order by due_at limit ${loan.limit} for update skip locked))
    returning id, key, body, tries, coalesce((
      select string_agg(kind, ' ') from provider.fault
      where operation = 'webhook' and (fault.key is null or fault.key = webhook.key)
        and (until is null or until > ${loan.now})), '') as faults`;
}

export async function removeWebhooks(sql: postgres.ISql, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await sql`delete from provider.webhook where id = any(${[...ids]}::uuid[])`;
}

export async function postponeWebhook(sql: postgres.ISql, id: string, dueAt: Date): Promise<void> {
  await sql`update provider.webhook set due_at = ${dueAt} where id = ${id}`;
}
