import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { config } from './config.ts';
import type { RunSql } from './databases.ts';
import { makeDatabases, parseDatabases } from './databases.ts';

// The cluster may have been made a moment ago, or be waking up.
// A statement over the Data API has 45 seconds.
const client = new RDSDataClient({
  maxAttempts: 8,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 50_000 },
});

const run: RunSql = async (statement, values = {}) => {
  const answer = await client.send(
    new ExecuteStatementCommand({
      resourceArn: config.cluster,
      secretArn: config.secret,
      database: 'postgres',
      sql: statement,
      parameters: Object.entries(values).map(([name, stringValue]) => ({ name, value: { stringValue } })),
      formatRecordsAs: 'JSON',
      // A definition that takes longer than the call is finished, not broken off half-way.
      continueAfterTimeout: true,
    }),
  );
  // A statement that selects nothing has no records, or empty ones.
  return JSON.parse(answer.formattedRecords || '[]') as Record<string, unknown>[];
};

/** Terraform calls it with the databases of the catalog. */
export async function handler(event: unknown): Promise<{ done: string[] }> {
  return { done: await makeDatabases(run, parseDatabases(event)) };
}
