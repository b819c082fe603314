import { startTestServer } from './postgres.ts';

/** Vitest calls this once for a run: one PostgreSQL server for all test files, each with a database of its own. */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env.TEST_POSTGRES_URL) return async () => undefined;
  const server = await startTestServer();
  process.env.TEST_POSTGRES_URL = server.url;
  return () => server.stop();
}
