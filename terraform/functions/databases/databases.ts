/** A service's database and the login role that owns it. */
export interface ServiceDatabase {
  name: string;
  user: string;
}

/** Runs one statement outside of a transaction, as the master user; `:name` stands for a value. */
export type RunSql = (statement: string, values?: Record<string, string>) => Promise<Record<string, unknown>[]>;

const identifierForm = /^[a-z][a-z0-9_]{0,62}$/;
const maxDatabases = 50;

/** What PostgreSQL has already. */
export interface Found {
  hasRole: boolean;
  hasDatabase: boolean;
  /** Does the database belong to the role? */
  isOwner: boolean;
  /** May everybody connect? PostgreSQL's default. */
  isOpen: boolean;
  /** Does the role log in with IAM tokens? */
  hasIam: boolean;
}

const askFound = `
  select
    exists (select from pg_roles where rolname = :user) as "hasRole",
    exists (select from pg_database where datname = :name) as "hasDatabase",
    exists (
      select from pg_database d join pg_roles r on r.oid = d.datdba where d.datname = :name and r.rolname = :user
    ) as "isOwner",
    exists (
      select from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      where d.datname = :name and a.grantee = 0
    ) as "isOpen",
    exists (
      select from pg_auth_members m join pg_roles r on r.oid = m.member join pg_roles g on g.oid = m.roleid
      where r.rolname = :user and g.rolname = 'rds_iam'
    ) as "hasIam"`;

/**
 * Checks what the function is asked for.
 * @throws Error in one sentence when it is not a list of databases, or a name is none.
 */
export function parseDatabases(event: unknown): ServiceDatabase[] {
  const list = (event as { databases?: unknown } | null)?.databases;
  if (!Array.isArray(list)) throw new Error('send { databases: [{ name, user }] }');
  if (list.length > maxDatabases) throw new Error(`${list.length} databases are too many: ${maxDatabases} at most`);
  return list.map((entry: Partial<ServiceDatabase> | null) => ({
    name: identifier(entry?.name),
    user: identifier(entry?.user),
  }));
}

/** Makes each database that is missing, with its role, and mends what is not as it should be. Says what it did. */
export async function makeDatabases(run: RunSql, databases: readonly ServiceDatabase[]): Promise<string[]> {
  const done: string[] = [];
  for (const database of databases) {
    const found = await find(run, database);
    // To take it from its owner is a decision about data, and nobody's but a person's.
    if (found.hasDatabase && !found.isOwner) throw new Error(`the database ${database.name} belongs to another role`);
    for (const statement of statementsFor(database, found)) {
      await run(statement);
      done.push(statement);
    }
    const left = statementsFor(database, await find(run, database));
    if (left.length > 0)
      throw new Error(`the database ${database.name} is still not right; missing: ${left.join('; ')}`);
  }
  return done;
}

/**
 * The statements that are missing. Only a member of a role may give it a database, and a master user that is a member
 * of a role with rds_iam, even through another role, cannot log in with its password any more. So the master borrows the
 * role for a moment in which it has no rds_iam, and gives it back before.
 */
export function statementsFor({ name, user }: ServiceDatabase, found: Found): string[] {
  const database = quote(name);
  const role = quote(user);
  const isRight = found.hasDatabase && !found.isOpen;
  const asOwner = [
    ...(found.hasRole ? [] : [`create role ${role} login`]),
    ...(found.hasIam ? [`revoke rds_iam from ${role}`] : []),
    `grant ${role} to current_user`,
    ...(found.hasDatabase ? [] : [`create database ${database} owner ${role}`]),
    `revoke all on database ${database} from public`,
  ];
  if (isRight && found.hasRole && found.hasIam) return [];
  return [...(isRight ? [] : asOwner), `revoke ${role} from current_user`, `grant rds_iam to ${role}`];
}

async function find(run: RunSql, { name, user }: ServiceDatabase): Promise<Found> {
  const [found] = await run(askFound, { name, user });
  if (found === undefined) throw new Error('PostgreSQL did not say what it has');
  return found as unknown as Found;
}

function identifier(name: unknown): string {
  if (typeof name === 'string' && identifierForm.test(name)) return name;
  throw new Error(`${JSON.stringify(name)} is not a name: write small letters, digits and _, a letter first`);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
