import type postgres from 'postgres';

/** What the server calls itself. */
export async function readVersion(sql: postgres.ISql): Promise<string> {
  const [row] = await sql<{ version: string }[]>`select version() as version`;
  return row?.version ?? '';
}
