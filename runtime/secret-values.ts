import { awsCredentials } from './aws-credentials.ts';
import type { AwsCredentials } from './aws-signature.ts';
import { signPost } from './aws-signature.ts';

const ending = '_SECRET_ARN';
const arnForm = /^arn:aws:secretsmanager:([a-z0-9-]+):\d{12}:secret:.+$/;
const requestMs = 5_000;
const attempts = 3;
const pauseMs = 500;

/** Where secrets come from, and as whom. */
interface Source {
  endpoint: string | undefined;
  credentialsIn(region: string): Promise<AwsCredentials>;
}

/** Names a secret that is given by its ARN: `SIGNING_KEY_SECRET_ARN` gives `SIGNING_KEY`. */
const secretVariable = (name: string): string | undefined =>
  name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;

/**
 * Gives the variables with the secrets that they name by ARN, fetched from AWS Secrets Manager with this process's role.
 * @throws Error in one sentence, without the secret, when one cannot be had.
 */
export async function withSecrets(
  variables: Record<string, string | undefined>,
): Promise<Record<string, string | undefined>> {
  const wanted = Object.entries(variables).flatMap(([name, arn]) => {
    const variable = secretVariable(name);
    return variable && arn ? [{ name, variable, arn }] : [];
  });
  let credentials: ReturnType<typeof awsCredentials> | undefined;
  const source: Source = {
    endpoint: variables['AWS_ENDPOINT_URL_SECRETS_MANAGER'],
    // The same for all: they are the process's own, whichever region says them.
    credentialsIn: (region) => {
      credentials ??= awsCredentials(region);
      return credentials();
    },
  };
  const values = await Promise.all(
    wanted.map(async (secret) => [secret.variable, await fetchPatiently(secret, source)] as const),
  );
  return { ...variables, ...Object.fromEntries(values) };
}

// A role's first credentials may take a moment after a pod's start.
async function fetchPatiently(secret: { name: string; arn: string }, source: Source): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchSecret(secret.arn, source);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (attempt === attempts) throw new Error(`${secret.name}: the secret cannot be read: ${why}`, { cause });
      await new Promise((resolve) => {
        setTimeout(resolve, pauseMs * attempt);
      });
    }
  }
}

async function fetchSecret(arn: string, source: Source): Promise<string> {
  const region = arnForm.exec(arn)?.[1];
  if (!region) throw new Error('it is not the ARN of a secret');
  const url = new URL(source.endpoint ?? `https://secretsmanager.${region}.amazonaws.com`);
  const credentials = await source.credentialsIn(region);
  const body = JSON.stringify({ SecretId: arn });
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' };
  const request = { host: url.host, body, headers, region, service: 'secretsmanager' };
  const { host: _, ...signed } = signPost(request, credentials, new Date());
  const response = await fetch(url, { method: 'POST', headers: signed, body, signal: AbortSignal.timeout(requestMs) });
  const answer = (await response.json()) as { SecretString?: string; __type?: string; message?: string };
  if (!response.ok) throw new Error(`${answer.__type ?? response.status}: ${answer.message ?? 'no reason given'}`);
  if (!answer.SecretString) throw new Error('it has no text');
  return answer.SecretString;
}
