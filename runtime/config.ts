import { z } from 'zod';

const truth = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Variables that every service process reads. Services add theirs with `.extend({ … })`. */
export const serviceConfig = z.object({
  MILLRACE_ENVIRONMENT: z.enum(['dev', 'staging', 'prod']).default('dev'),
  MILLRACE_WORKLOAD: z.string().min(1),
  MILLRACE_FAULT: z.string().optional(),
  HOST: z.string().default('0.0.0.0'),
  PORT: z.coerce.number().int().min(0).max(65_535),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
});

/** A service with its own database. With `DATABASE_IAM` the password is an IAM token, asked for at each connection. */
export const databaseConfig = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_IAM: truth.default(false),
});

/** A service that publishes or consumes events. `AWS_ENDPOINT_URL` is set on a laptop only. */
export const eventConfig = z.object({
  AWS_REGION: z.string().min(1).default('us-east-1'),
  AWS_ENDPOINT_URL: z.url().optional(),
  EVENT_BUS_NAME: z.string().min(1),
});

/**
 * A service with things that need not last. Without a URL each process keeps them itself, as on a laptop. With the name of
 * an ElastiCache replication group the URL's user signs in with an IAM token, made at each connection.
 */
export const cacheConfig = z.object({
  CACHE_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  CACHE_REPLICATION_GROUP: z.string().optional(),
});

/** A service that checks access tokens. `CLIENT_IDS` is a comma-separated list of the clients that it accepts. */
export const tokenConfig = z.object({
  ISSUER_URL: z.url(),
  JWKS_URL: z.url(),
  CLIENT_IDS: z.string().transform((text) => text.split(',').filter(Boolean)),
});

/** Reads the variables of a process that the schema names. Unknown `MILLRACE_…` variables are refused: they are typing errors. */
export function parseConfig<Schema extends z.ZodObject>(
  schema: Schema,
  variables: Record<string, string | undefined>,
): { config: z.output<Schema> } | { problem: string } {
  const known = new Set(Object.keys(schema.shape));
  const unknown = Object.keys(variables).find((name) => name.startsWith('MILLRACE_') && !known.has(name));
  if (unknown) return { problem: `${unknown} is not a setting. Known: ${[...known].sort().join(', ')}.` };
  const set = Object.fromEntries([...known].map((name) => [name, variables[name] || undefined]));
  // Compiling the schema pays off for thousands of values; here there is one.
  const parsed = schema.safeParse(set, { jitless: true });
  if (parsed.success) return { config: parsed.data };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return { problem: `wrong configuration: ${faults.join('; ')}` };
}

/**
 * Reads the configuration of this process, once, at its start. In the cloud a secret is named by its ARN and fetched here:
 * `SIGNING_KEY_SECRET_ARN` gives `SIGNING_KEY`, and `SIGNING_KEY_PREVIOUS` where it was rotated.
 * Prints one line to standard error and ends the process with exit code 5 when something is missing or unknown.
 */
export async function readConfig<Schema extends z.ZodObject>(schema: Schema): Promise<z.output<Schema>> {
  const result = await readVariables(schema).catch((error: unknown) => ({ problem: (error as Error).message }));
  if ('config' in result) return result.config;
  process.stderr.write(`${result.problem}\n`);
  process.exit(5);
}

async function readVariables<Schema extends z.ZodObject>(
  schema: Schema,
): Promise<{ config: z.output<Schema> } | { problem: string }> {
  if (!Object.keys(process.env).some((name) => name.endsWith('_SECRET_ARN'))) return parseConfig(schema, process.env);
  const { withSecrets } = await import('./secret-values.ts');
  return parseConfig(schema, await withSecrets(process.env));
}
