// Says what in a statement Redshift would not take. Only the tests use it.
// The parser alone is far too kind: it takes arrays, jsonb or a lone word, so everything that is not known to be good is refused.
import { Dialect, parse } from '@polyglot-sql/sdk';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

const statementKinds = new Set([
  'select',
  'union',
  'insert',
  'delete',
  'merge',
  'create_table',
  'drop_table',
  'command',
]);

/** Every kind of node that both Redshift and PostgreSQL take in the form in which we write it. */
const nodeKinds = new Set([
  ...statementKinds,
  ...['column', 'literal', 'boolean', 'null', 'star', 'parameter', 'placeholder', 'identifier', 'table', 'alias'],
  ...['subquery', 'paren', 'when', 'whens', 'var', 'Like', 'interval', 'Preceding', 'Following', 'Simple'],
  ...['and', 'or', 'not', 'eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'is_null', 'between', 'exists', 'case'],
  ...['add', 'sub', 'mul', 'div', 'mod', 'neg', 'cast', 'coalesce', 'extract', 'at_time_zone', 'ordered'],
  ...[
    'count',
    'sum',
    'min',
    'max',
    'floor',
    'round',
    'window_function',
    'lag',
    'lead',
    'row_number',
    'dense_rank',
    'function',
  ],
]);
const functions = new Set(['version', 'round']);
const types = new Set([
  'small_int',
  'int',
  'big_int',
  'decimal',
  'var_char',
  'boolean',
  'date',
  'timestamp',
  'interval',
]);
const refusedFields: Record<string, string> = {
  filter: 'FILTER: write sum(case when … then 1 else 0 end)',
  distinct_on: 'DISTINCT ON',
  returning: 'RETURNING',
  on_conflict: 'ON CONFLICT: stage and merge',
  lateral: 'LATERAL',
  locks: 'FOR UPDATE',
  within_group: 'WITHIN GROUP',
  recursive: 'WITH RECURSIVE',
  materialized: 'MATERIALIZED',
  if_not_exists: 'IF NOT EXISTS in a load',
};
const aggregates = ['count', 'sum', 'min', 'max'];
const reserved = new Set(
  `aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary
  blanksasnull both bytedict bzip2 case cast check collate column constraint create credentials cross default deferrable
  deflate defrag delta delta32k desc disable distinct do else emptyasnull enable encode encrypt encryption end except
  explicit false for foreign freeze from full globaldict256 globaldict64k grant group gzip having identity ignore ilike
  in initially inner intersect interval into is isnull join leading left like limit localtime localtimestamp lun luns lzo
  lzop minus mostly16 mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open or
  order outer overlaps parallel partition percent permissions pivot placing primary raw readratio recover references
  rejectlog resort respect restore right select session_user similar snapshot some sysdate system table tag tdes text255
  text32k then timestamp to top trailing true truncatecolumns union unique unnest unpivot user using verbose wallet when
  where with without`.split(/\s+/),
);
const maxParameters = 32_767;

/** Everything in a text of one or more statements that Redshift would refuse, or that PostgreSQL would read otherwise. */
export function dialectFaults(text: string): string[] {
  const parsed = parse(text, Dialect.Redshift);
  if (!parsed.success) return [`does not parse: ${parsed.error ?? ''}`];
  const statements = parsed.ast as unknown as Json[];
  const faults = statements.flatMap((statement) => [...statementFaults(statement), ...nodeFaults(statement)]);
  const parameters = text.match(/\$\d+/g) ?? [];
  if (parameters.length > maxParameters) faults.push(`more than ${maxParameters} parameters`);
  return [...new Set(faults)];
}

function statementFaults(statement: Json): string[] {
  const [kind = '', body] = Object.entries(fieldsOf(statement))[0] ?? [];
  if (!statementKinds.has(kind)) return [`statement ${kind}`];
  if (kind === 'merge') return mergeFaults(fieldsOf(body ?? null));
  if (kind === 'insert') return insertFaults(fieldsOf(body ?? null));
  if (kind !== 'command') return [];
  return /^lock table \w+$/i.test(String(fieldsOf(body ?? null).this)) ? [] : ['command other than LOCK TABLE'];
}

function mergeFaults(merge: Fields): string[] {
  const target = fieldsOf(fieldsOf(merge.this ?? null).table ?? null);
  const text = JSON.stringify(merge.whens ?? null);
  const branches = text.match(/"when":\{"matched":\{"boolean":\{"value":(true|false)/g) ?? [];
  return [
    ...(target.name && !target.alias ? [] : ['MERGE: the target is a table without an alias']),
    ...(/^\{("alias":\{"this":\{)?"table":/.test(JSON.stringify(merge.using ?? null))
      ? []
      : ['MERGE: the source is a table']),
    ...(branches.length === 2 && new Set(branches).size === 2
      ? []
      : ['MERGE: needs WHEN MATCHED and WHEN NOT MATCHED']),
  ];
}

function insertFaults(insert: Fields): string[] {
  const columns = insert.columns;
  return Array.isArray(columns) && columns.length > 0 ? [] : ['INSERT without a list of columns'];
}

function nodeFaults(node: Json, within = ''): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => nodeFaults(item, within));
  if (node === null || typeof node !== 'object') return [];
  const isMerge = within === 'merge' || 'merge' in node;
  const own = [...kindFaults(node, isMerge), ...fieldFaults(node)];
  return [...own, ...Object.values(node).flatMap((value) => nodeFaults(value, isMerge ? 'merge' : ''))];
}

function kindFaults(node: Fields, isMerge: boolean): string[] {
  const [entry, ...others] = Object.entries(node);
  if (!entry || others.length > 0) return [];
  const [kind, body] = entry;
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return [];
  if (kind === 'function')
    return functions.has(String(body.name).toLowerCase()) ? [] : [`function ${String(body.name)}`];
  if (kind === 'values') return ['VALUES in FROM'];
  if (kind === 'tuple') return isMerge ? [] : ['row of values'];
  if (kind === 'window_function') return windowFaults(body);
  return nodeKinds.has(kind) || structures.has(kind) ? [] : [`expression ${kind}`];
}

/** Redshift wants a frame wherever an aggregate runs over an order. */
function windowFaults(window: Fields): string[] {
  const over = fieldsOf(window.over ?? null);
  const isAggregate = aggregates.some((name) => name in fieldsOf(window.this ?? null));
  const isOrdered = Array.isArray(over.order_by) && over.order_by.length > 0;
  return isAggregate && isOrdered && !over.frame ? ['window without a frame'] : [];
}

function fieldFaults(node: Fields): string[] {
  const faults: string[] = [];
  for (const [field, name] of Object.entries(refusedFields)) {
    const value = node[field];
    const isAbsent = !value || (Array.isArray(value) && value.length === 0);
    if (!isAbsent) faults.push(name);
  }
  const type = node.data_type;
  if (typeof type === 'string' && !types.has(type)) faults.push(`type ${type}`);
  if (typeof node.name === 'string' && node.quoted === false && reserved.has(node.name.toLowerCase())) {
    faults.push(`reserved word ${node.name}`);
  }
  return faults;
}

/** Fields that hold one structure; they look like nodes but are none. */
const structures = new Set(['this', 'expressions', 'source', 'frame']);

const fieldsOf = (value: Json): Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
