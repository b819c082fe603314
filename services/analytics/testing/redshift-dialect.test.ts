import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partsOf } from '../query-plan.ts';
import { cellStatement, filteredStatement, restStatement, valueStatement } from '../query-sql.ts';
import { rollStatements } from '../roll-store.ts';
import { segmentsOf } from '../time-range.ts';
import { dialectFaults } from './redshift-dialect.ts';

const folder = join(import.meta.dirname, '..', 'warehouse');
const files = [folder, join(folder, 'load')].flatMap((path) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => join(path, name)),
);

test('every statement of the warehouse is one that Redshift takes', () => {
  expect(files.length).toBeGreaterThan(12);
  const texts = [...files.map((file) => readFileSync(file, 'utf8')), ...rollStatements];
  expect(texts.flatMap(dialectFaults)).toEqual([]);
});

const merge = 'when matched then update set a = s.a when not matched then insert (id) values (s.id)';

describe('what Redshift does not take is refused', () => {
  test.each([
    ['selec 1 from', 'does not parse'],
    ['frobnicate', 'statement column'],
    ['select count(*) filter (where a > 1) from t', 'FILTER'],
    ['select n from generate_series(1, 2) as n', 'function generate_series'],
    ['select * from (values (1)) v(a)', 'VALUES in FROM'],
    ['select * from a, lateral (select 1) b', 'LATERAL'],
    ['select distinct on (a) b from t', 'DISTINCT ON'],
    ['insert into t (a) values (1) on conflict do nothing', 'ON CONFLICT'],
    ['insert into t (a) values (1) returning a', 'RETURNING'],
    ['insert into t select 1', 'INSERT without a list of columns'],
    ['select array[1, 2]', 'array_func'],
    ['select a[1] from t', 'subscript'],
    ['select a from t where a = any($1)', 'expression any'],
    ["select string_agg(a, ',') from t", 'string_agg'],
    ['select a::jsonb from t', 'type json_b'],
    ["select a -> 'b' from t", 'json_extract'],
    ['create table t (id uuid)', 'type uuid'],
    ['create table t (id text)', 'type text'],
    ['create table t (ids integer[])', 'type array'],
    ['create index a on t (b)', 'statement create_index'],
    ['truncate t', 'statement truncate'],
    ['vacuum t', 'command other than LOCK TABLE'],
    ['select (a, b) > (1, 2) from t', 'row of values'],
    ['select a from t for update', 'FOR UPDATE'],
    ['with recursive x as (select 1) select * from x', 'WITH RECURSIVE'],
    ['with x as materialized (select 1) select * from x', 'MATERIALIZED'],
    ['select sum(a) over (order by b) from t', 'window without a frame'],
    ['select tag from t', 'reserved word tag'],
    ['select a from t order by a collate "C"', 'collation'],
    ['select gen_random_uuid()', 'function gen_random_uuid'],
    [`merge into e as x using s on x.id = s.id ${merge}`, 'MERGE: the target'],
    [`merge into e using (select 1 as id) s on e.id = s.id ${merge}`, 'MERGE: the source'],
    ['merge into e using s on e.id = s.id when not matched then insert (id) values (s.id)', 'MERGE: needs'],
    ['merge into e using s on e.id = s.id when matched then update set a = s.a', 'MERGE: needs'],
  ])('%s', (text, fault) => {
    expect(dialectFaults(text).join('; ')).toContain(fault);
  });
});

test('every question to the warehouse is one that Redshift takes', () => {
  const range = { fromMs: Date.UTC(2026, 0, 1, 5), toMs: Date.UTC(2026, 0, 3, 7) };
  const filters = { path: '/', event: 'signup' };
  const page = { limit: 10, sort: 'visitors' as const, after: { count: 3, value: '/a' } };
  const [days, ranges] = [{ fromMs: Date.UTC(2026, 0, 2), toMs: Date.UTC(2026, 0, 3) }, [range]];
  const statements = [
    cellStatement('site', [range.fromMs, range.toMs, days.fromMs]),
    ...segmentsOf(range).map((segment) => restStatement('site', segment)),
    ...segmentsOf({ fromMs: range.fromMs + 1, toMs: range.toMs + 1 })
      .flatMap((segment) => partsOf(segment).rest ?? [])
      .map((rest) => restStatement('site', rest)),
    filteredStatement('site', { segments: segmentsOf(range), filters }),
    valueStatement({ siteId: 'site', by: 'path', filters: {}, days, ranges, page }),
    valueStatement({ siteId: 'site', by: 'event', filters, ranges, page: { ...page, isPart: true } }),
  ];
  expect(statements.flatMap(({ text }) => dialectFaults(text))).toEqual([]);
  for (const { text, values } of statements) {
    const marks = new Set((text.match(/\$\d+/g) ?? []).map((mark) => Number(mark.slice(1))));
    expect([...marks].sort((a, b) => a - b)).toEqual(values.map((_, index) => index + 1));
  }
});
