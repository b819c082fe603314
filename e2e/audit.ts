import postgres from 'postgres';

/** An event as its service committed it for the bus. */
export interface AuditedEvent {
  id: string;
  type: string;
  aggregateId: string;
  aggregateVersion: number;
  data: Record<string, unknown>;
}

/** A database that the tests only read, but for the witness that `startAudit` puts beside its tables. */
export type Sql = postgres.Sql;

/** Opens a service's database for the tests. */
export const openSql = (url: string): Sql => postgres(url, { max: 2, fetch_types: false, onnotice: () => undefined });

/**
 * Puts a witness into a service's database: every row that is committed to the outbox is written down, in a schema of its own.
 * Published rows of the outbox are deleted, so nothing else would know what there was.
 */
export async function startAudit(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create schema if not exists audit;
    create table if not exists audit.event (
      seq bigint generated always as identity primary key, id uuid not null, type text not null,
      aggregate_id text not null, aggregate_version bigint not null, data jsonb not null);
    create or replace function audit.note_event() returns trigger language plpgsql as $$
    begin
      insert into audit.event (id, type, aggregate_id, aggregate_version, data)
      values (new.id, new.type, new.aggregate_id, new.aggregate_version, new.data);
      return null;
    end $$;
    drop trigger if exists note_event on outbox;
    create trigger note_event after insert on outbox for each row execute function audit.note_event();`);
}

/** Puts a witness beside the loyalty entries: every state that an order's entry reaches is written down. */
export async function startLoyaltyAudit(user: Sql): Promise<void> {
  await user.unsafe(`
    create table if not exists audit.loyalty (seq bigint generated always as identity primary key, order_id uuid not null, state text not null);
    create or replace function audit.note_loyalty() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' or old.state <> new.state then
        insert into audit.loyalty (order_id, state) values (new.order_id, new.state);
      end if;
      return null;
    end $$;
    drop trigger if exists note_loyalty on loyalty_entry;
    create trigger note_loyalty after insert or update on loyalty_entry for each row execute function audit.note_loyalty();`);
}

/** Every event that a service ever committed, in the order of its commits' inserts. */
export function readAudit(sql: Sql): Promise<AuditedEvent[]> {
  return sql<AuditedEvent[]>`
    select id, type, aggregate_id as "aggregateId", aggregate_version::int as "aggregateVersion", data
    from audit.event order by seq`;
}
