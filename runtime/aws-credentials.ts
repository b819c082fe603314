import { SQSClient } from '@aws-sdk/client-sqs';
import type { AwsCredentials } from './aws-signature.ts';

/** STS answers within a second. */
const standardAnswerMs = 5_000;

/**
 * Gives the credentials of this process: asked for once, then again shortly before they expire or after a failure.
 * @throws TimeoutError when STS answers none of three requests within `answerMs`, and whatever else the SDK says.
 */
export function awsCredentials(region: string, answerMs = standardAnswerMs): () => Promise<AwsCredentials> {
  // The client's configuration holds the SDK's whole chain of credentials, which asks STS as this client would ask SQS.
  const requestHandler = { connectionTimeout: answerMs, requestTimeout: answerMs, throwOnRequestTimeout: true };
  const client = new SQSClient({ region, requestHandler });
  return () => client.config.credentials();
}
