import { callAws } from './aws-call.ts';
import { awsCredentials } from './aws-credentials.ts';
import type { AwsCredentials } from './aws-signature.ts';

const ending = '_SECRET_ARN';
const arnForm = /^arn:aws:secretsmanager:([a-z0-9-]+):\d{12}:secret:.+$/;
const attempts = 3;
const pauseMs = 500;

type Stage = 'AWSCURRENT' | 'AWSPREVIOUS';

/** Where secrets come from, and as whom. */
interface Source {
  endpoint: string | undefined;
  credentialsIn(region: string): Promise<AwsCredentials>;
}

/** Names a secret that is given by its ARN: `SIGNING_KEY_SECRET_ARN` gives `SIGNING_KEY`. */
const secretVariable = (name: string): string | undefined =>
  name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;

/**
 * Gives the variables with the secrets that they name by ARN, fetched from AWS Secrets Manager with this process's role;
 * beside each, where it was rotated, the text before: `SIGNING_KEY_PREVIOUS`.
 * @throws Error in one sentence, without the secret, when one cannot be had.
 */
export async function withSecrets(
  variables: Record<string, string | undefined>,
): Promise<Record<string, string | undefined>> {
  const wanted = Object.entries(variables).flatMap(([name, arn]) => {
    const variable = secretVariable(name);
    return variable && arn ? [{ name, variable, arn }] : [];
  });
  const source = openSource(variables['AWS_ENDPOINT_URL_SECRETS_MANAGER']);
  const values = await Promise.all(
    wanted.map(async (secret) => {
      const current = await fetchPatiently({ ...secret, stage: 'AWSCURRENT' }, source);
      // In this order: after a rotation between the two, the text before is the one that was read first.
      const previous = await fetchPatiently({ ...secret, stage: 'AWSPREVIOUS' }, source);
      return { [secret.variable]: current, ...(previous && { [`${secret.variable}_PREVIOUS`]: previous }) };
    }),
  );
  return Object.assign({}, variables, ...values);
}

/** Gives what reads the current text of a secret: one request each time, which throws what AWS or the network says. */
export function secretReader(arn: string, endpoint: string | undefined): () => Promise<string | undefined> {
  const source = openSource(endpoint);
  return () => fetchSecret({ arn, stage: 'AWSCURRENT' }, source);
}

function openSource(endpoint: string | undefined): Source {
  let credentials: ReturnType<typeof awsCredentials> | undefined;
  return {
    endpoint,
    // The same for all: they are the process's own, whichever region says them.
    credentialsIn: (region) => {
      credentials ??= awsCredentials(region);
      return credentials();
    },
  };
}

// A role's first credentials may take a moment after a pod's start.
async function fetchPatiently(
  secret: { name: string; arn: string; stage: Stage },
  source: Source,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchSecret(secret, source);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (attempt === attempts) throw new Error(`${secret.name}: the secret cannot be read: ${why}`, { cause });
      await new Promise((resolve) => {
        setTimeout(resolve, pauseMs * attempt);
      });
    }
  }
}

// A secret that was never rotated has no text before.
async function fetchSecret({ arn, stage }: { arn: string; stage: Stage }, source: Source): Promise<string | undefined> {
  const region = arnForm.exec(arn)?.[1];
  if (!region) throw new Error('it is not the ARN of a secret');
  const { endpoint } = source;
  const operation = { service: 'secretsmanager', region, target: 'secretsmanager.GetSecretValue', endpoint };
  const input = { SecretId: arn, VersionStage: stage };
  const credentials = await source.credentialsIn(region);
  try {
    const { SecretString: text } = await callAws<{ SecretString: string }>({ ...operation, input }, credentials);
    if (!text) throw new Error('it has no text');
    return text;
  } catch (error) {
    if (stage === 'AWSPREVIOUS' && String(error).includes('ResourceNotFoundException')) return undefined;
    throw error;
  }
}
