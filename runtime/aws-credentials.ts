import { SQSClient } from '@aws-sdk/client-sqs';
import type { AwsCredentials } from './aws-signature.ts';

/** Gives the credentials of this process: asked for once, then again shortly before they expire or after a failure. */
export function awsCredentials(region: string): () => Promise<AwsCredentials> {
  // The client's configuration holds the SDK's whole chain of credentials.
  const client = new SQSClient({ region });
  return () => client.config.credentials();
}
