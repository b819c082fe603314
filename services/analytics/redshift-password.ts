import { callAws } from '@millrace/runtime/aws-call.ts';
import type { AwsCredentials } from '@millrace/runtime/aws-signature.ts';

/** A workgroup of Redshift Serverless, and the address at which it is connected to. */
interface Workgroup {
  /** Names the user whom Redshift makes of the role, `IAMR:<role>`, and the database. */
  url: string;
  workgroup: string;
  region: string;
  /** Instead of AWS's own. */
  endpoint?: string | undefined;
}

/** The shortest that AWS gives: a password opens one connection, at once, which may then outlast it. */
const lifetimeSeconds = 900;
/** Connections that open together, or one after another while the warehouse is away, share a password. */
const sharedMs = 1_000;

/**
 * Gives the passwords of the process's role, asked for anew at each connection. One that was refused is not given again after a
 * second. Source: Redshift Serverless API, GetCredentials.
 */
export function redshiftPassword(target: Workgroup): () => Promise<string> {
  let credentials: (() => Promise<AwsCredentials>) | undefined;
  let shared: { password: Promise<string>; atMs: number } | undefined;
  const ask = async (): Promise<string> => {
    const { awsCredentials } = await import('@millrace/runtime/aws-credentials.ts');
    credentials ??= awsCredentials(target.region);
    return askFor(target, await credentials());
  };
  return async () => {
    if (shared && performance.now() - shared.atMs < sharedMs) return shared.password;
    const asked = { password: ask(), atMs: performance.now() };
    shared = asked;
    // A failure is not worth sharing.
    asked.password.catch(() => {
      if (shared === asked) shared = undefined;
    });
    return asked.password;
  };
}

async function askFor({ url, workgroup, region, endpoint }: Workgroup, credentials: AwsCredentials): Promise<string> {
  const { username, pathname } = new URL(url);
  const input = { workgroupName: workgroup, dbName: pathname.slice(1), durationSeconds: lifetimeSeconds };
  const operation = { service: 'redshift-serverless', region, target: 'RedshiftServerless.GetCredentials' };
  const { dbUser, dbPassword } = await callAws<{ dbUser: string; dbPassword: string }>(
    { ...operation, input, endpoint },
    credentials,
  );
  if (!dbPassword) throw new Error(`Redshift gave no password for ${workgroup}.`);
  const user = decodeURIComponent(username);
  // The user's name is part of what proves the password, so the connection has to be made with the right one.
  if (dbUser !== user) throw new Error(`Redshift knows this role as ${dbUser}, and WAREHOUSE_URL says ${user}.`);
  return dbPassword;
}
