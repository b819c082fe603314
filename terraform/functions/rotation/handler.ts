import { randomBytes, randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { RotationEvent } from './rotation.ts';
import { rotate, writeFirstValue } from './rotation.ts';
import { secretsManager } from './secret-versions.ts';

// Less than the 30 seconds that the function has.
const client = new SecretsManagerClient({
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
});
const secrets = secretsManager(client);
const randomText = (bytes: number): string => randomBytes(bytes).toString('base64url');

/** Terraform asks for the first value of a secret, Secrets Manager for the four steps of each rotation. */
export async function handler(event: RotationEvent | { firstValueOf: string }): Promise<{ outcome: string }> {
  if ('firstValueOf' in event) {
    return { outcome: await writeFirstValue(secrets, event.firstValueOf, { text: randomText, id: randomUUID }) };
  }
  await rotate(secrets, event, randomText);
  return { outcome: event.Step };
}
