import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Secrets } from './rotation.ts';

/** Secrets Manager itself. */
export function secretsManager(client: SecretsManagerClient): Secrets {
  return {
    async describe(secret) {
      const found = await client.send(new DescribeSecretCommand({ SecretId: secret }));
      return { isRotating: found.RotationEnabled ?? false, stages: found.VersionIdsToStages ?? {} };
    },
    async readPending(secret, version) {
      const wanted = { SecretId: secret, VersionId: version, VersionStage: 'AWSPENDING' };
      try {
        return (await client.send(new GetSecretValueCommand(wanted))).SecretString;
      } catch (error) {
        // A version without a value is "not found".
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    async write(secret, { version, text, stage }) {
      const put = { SecretId: secret, ClientRequestToken: version, SecretString: text, VersionStages: [stage] };
      await client.send(new PutSecretValueCommand(put));
    },
    async makeCurrent(secret, { to, from }) {
      const move = { SecretId: secret, VersionStage: 'AWSCURRENT', MoveToVersionId: to };
      await client.send(
        new UpdateSecretVersionStageCommand(from === undefined ? move : { ...move, RemoveFromVersionId: from }),
      );
    },
  };
}
