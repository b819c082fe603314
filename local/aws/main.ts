import { z } from 'zod';
import { startAwsEndpoint } from './endpoint.ts';
import { StoreError } from './store.ts';

// The process of the AWS-compatible endpoint. It ends on SIGTERM and SIGINT, and when the parent that holds its IPC channel is gone.

const port = z.coerce.number().int().min(0).max(65_535);
const config = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port,
  MILLRACE_AWS_CONTROL_PORT: port,
  MILLRACE_AWS_DATA_DIR: z.string().min(1),
});

const environmentFailure = 5;

function fail(message: string): never {
  process.stderr.write(`aws: ${message}\n`);
  process.exit(environmentFailure);
}

function describeFailure(error: unknown): string {
  if (error instanceof StoreError) return error.message;
  const { code, port: taken } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `port ${taken} is taken by another process`;
  if (code === 'EACCES') return `port ${taken} may not be used by this user`;
  return error instanceof Error ? error.message : String(error);
}

const settings = config.safeParse(process.env);
if (!settings.success) {
  fail(settings.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}

const { HOST, PORT, MILLRACE_AWS_CONTROL_PORT, MILLRACE_AWS_DATA_DIR } = settings.data;
const started = await startAwsEndpoint({
  host: HOST,
  port: PORT,
  controlPort: MILLRACE_AWS_CONTROL_PORT,
  dataDir: MILLRACE_AWS_DATA_DIR,
}).catch((error: unknown) => fail(describeFailure(error)));

let isStopping = false;
function stop(): void {
  if (isStopping) process.exit(1);
  isStopping = true;
  started.close().then(
    () => process.exit(0),
    (error: unknown) => fail(describeFailure(error)),
  );
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
if (process.send) process.on('disconnect', stop);
process.stdout.write(`${JSON.stringify({ url: started.url, controlUrl: started.controlUrl })}\n`);
process.send?.({ url: started.url, controlUrl: started.controlUrl });
