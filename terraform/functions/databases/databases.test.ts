import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Found, RunSql } from './databases.ts';
import { makeDatabases, parseDatabases, statementsFor } from './databases.ts';

const own = await createTestDatabase();
const superuser = postgres(own.url, { max: 1, onnotice: () => undefined });
const password = 'a password of the tests';
// "user" and "order" are words of SQL, and names of services.
const order = { name: `order_${process.pid}`, user: `order_${process.pid}` };
const user = { name: `user_${process.pid}`, user: `user_${process.pid}` };
const master = `master_${process.pid}`;
const rds = `rds_superuser_${process.pid}`;
const urlOf = (role: string, database: string): string => {
  const url = new URL(own.url);
  return Object.assign(url, { username: role, password, pathname: `/${database}` }).href;
};
let asMaster: postgres.Sql;

/** As the Data API does it: one statement, its own transaction, values by name. */
const run: RunSql = async (statement, values = {}) => {
  const names = Object.keys(values);
  const text = statement.replaceAll(/:(\w+)/g, (_, name: string) => `$${names.indexOf(name) + 1}`);
  const rows = await asMaster.unsafe(text, Object.values(values));
  const [lent] = await superuser`
    select 1 from pg_auth_members m
    join pg_auth_members i on i.member = m.roleid and i.roleid = 'rds_iam'::regrole
    where m.member = ${master}::regrole and m.roleid <> ${rds}::regrole and (m.inherit_option or m.set_option)`;
  expect(lent, `the master user would lose its password after: ${statement}`).toBeUndefined();
  return rows.map((row) => ({ ...row }));
};

async function mayConnect(role: string, database: string): Promise<boolean> {
  const sql = postgres(urlOf(role, database), { max: 1, connect_timeout: 30 });
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    expect((error as Error).message).toContain('permission denied for database');
    return false;
  } finally {
    await sql.end();
  }
}

beforeAll(async () => {
  await superuser.unsafe(`
    do $$ begin create role rds_iam; exception when duplicate_object then null; end $$;
    create role ${rds}; grant rds_iam to ${rds} with admin option, inherit false;
    create role ${master} login createrole createdb password '${password}' in role ${rds};`);
  const [{ name } = { name: '' }] = await superuser<{ name: string }[]>`select current_database() as name`;
  asMaster = postgres(urlOf(master, name), { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await asMaster.end();
  for (const { name } of [order, user]) await superuser.unsafe(`drop database if exists "${name}" with (force)`);
  for (const role of [order.user, user.user, master, rds]) await superuser.unsafe(`drop role if exists "${role}"`);
  await superuser.end();
  await own.drop();
});

async function logInWithPasswords(): Promise<void> {
  // The tests have no IAM: here the roles log in with a password.
  for (const role of [order.user, user.user]) await superuser.unsafe(`alter role "${role}" password '${password}'`);
}

test('each service owns a database into which nobody else may go, and logs in with IAM', async () => {
  const done = await makeDatabases(run, [order, user]);
  expect(done).toContain(`create database "${order.name}" owner "${order.user}"`);
  await logInWithPasswords();
  expect(await mayConnect(order.user, order.name)).toBe(true);
  expect(await mayConnect(user.user, order.name)).toBe(false);
  expect(await mayConnect(order.user, user.name)).toBe(false);
  const [role] = await superuser`
    select pg_has_role(${order.user}, 'rds_iam', 'usage') as has_iam, rolsuper, rolcreatedb, rolcreaterole
    from pg_roles where rolname = ${order.user}`;
  expect(role).toEqual({ has_iam: true, rolsuper: false, rolcreatedb: false, rolcreaterole: false });
});

test('the owner may make schemas and tables', async () => {
  const sql = postgres(urlOf(order.user, order.name), { max: 1 });
  await sql.unsafe('create schema provider; create table public.note (id int); drop table public.note');
  await sql.end();
});

test('a second time it does nothing', async () => {
  expect(await makeDatabases(run, [order, user])).toEqual([]);
});

test.each([
  ['everybody may connect again', `grant connect on database "${order.name}" to public`],
  ['the role lost its IAM login', `revoke rds_iam from "${order.user}" granted by ${rds}`],
  [
    'a run stopped half-way, with the role still lent',
    `revoke rds_iam from "${order.user}" granted by ${rds};
     grant "${order.user}" to ${master} granted by ${master}`,
  ],
])('what is wrong is mended: %s', async (_, damage) => {
  await superuser.unsafe(damage);
  expect(await makeDatabases(run, [order, user])).not.toEqual([]);
  expect(await makeDatabases(run, [order, user])).toEqual([]);
  expect(await mayConnect(user.user, order.name)).toBe(false);
  expect(await mayConnect(order.user, order.name)).toBe(true);
});

test('a database of another role is left alone', async () => {
  await superuser.unsafe(`alter database "${order.name}" owner to "${user.user}"`);
  await expect(makeDatabases(run, [order])).rejects.toThrow(`the database ${order.name} belongs to another role`);
  await superuser.unsafe(`alter database "${order.name}" owner to "${order.user}"`);
  expect(await makeDatabases(run, [order])).toEqual([]);
});

test('a database that is gone is made again', async () => {
  await superuser.unsafe(`drop database "${user.name}" with (force)`);
  expect(await makeDatabases(run, [user])).toContain(`create database "${user.name}" owner "${user.user}"`);
  expect(await mayConnect(order.user, user.name)).toBe(false);
});

test('the statements of a new database, in their order', () => {
  const nothing: Found = { hasRole: false, hasDatabase: false, isOwner: false, isOpen: false, hasIam: false };
  expect(statementsFor({ name: 'order', user: 'order' }, nothing)).toEqual([
    'create role "order" login',
    'grant "order" to current_user',
    'create database "order" owner "order"',
    'revoke all on database "order" from public',
    'revoke "order" from current_user',
    'grant rds_iam to "order"',
  ]);
});

test('a failure is told, and a database that stays wrong too', async () => {
  const refuse: RunSql = () => Promise.reject(new Error('no such cluster'));
  await expect(makeDatabases(refuse, [order])).rejects.toThrow('no such cluster');
  const deaf: RunSql = async () => [{ hasRole: true, hasDatabase: true, isOwner: true, isOpen: true, hasIam: true }];
  await expect(makeDatabases(deaf, [order])).rejects.toThrow(`the database ${order.name} is still not right`);
});

test.each([
  [{}, 'send { databases: [{ name, user }] }'],
  [{ databases: [{ name: 'order"; drop role master; --', user: 'order' }] }, 'is not a name'],
  [{ databases: [{ name: 'order' }] }, 'undefined is not a name'],
  [{ databases: Array.from({ length: 51 }, () => order) }, '51 databases are too many'],
])('a wrong list is refused', (event, message) => {
  expect(() => parseDatabases(event)).toThrow(message);
});
