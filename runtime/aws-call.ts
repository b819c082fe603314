import type { AwsCredentials } from './aws-signature.ts';
import { signPost } from './aws-signature.ts';

/** An operation of an AWS service that speaks JSON 1.1. */
interface AwsCall {
  /** As signatures and addresses name it: `secretsmanager`. */
  service: string;
  region: string;
  /** Its header X-Amz-Target: `secretsmanager.GetSecretValue`. */
  target: string;
  input: Record<string, string | number>;
  /** Instead of the service's own address in the region. */
  endpoint?: string | undefined;
}

const requestMs = 5_000;

/**
 * Calls an operation, signed with these credentials, within five seconds. What the answer lacks is for the caller to see.
 * @throws Error with what AWS says, such as `AccessDeniedException: not authorized`.
 */
export async function callAws<Answer extends object>(
  call: AwsCall,
  credentials: AwsCredentials,
): Promise<Partial<Answer>> {
  const { service, region, target, input, endpoint } = call;
  const url = new URL(endpoint ?? `https://${service}.${region}.amazonaws.com`);
  const body = JSON.stringify(input);
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const { host: _, ...signed } = signPost({ host: url.host, body, headers, region, service }, credentials, new Date());
  const response = await fetch(url, { method: 'POST', headers: signed, body, signal: AbortSignal.timeout(requestMs) });
  const answer = objectIn<Answer & Refusal>(await response.text());
  if (response.ok) return answer;
  throw new Error(`${answer.__type ?? response.status}: ${answer.message ?? answer.Message ?? 'no reason given'}`);
}

/** How a service refuses; not all of them write the message alike. */
interface Refusal {
  __type: string;
  message: string;
  Message: string;
}

/** What stands before a service may refuse in HTML. An error of the parser would repeat the text, which may be a secret. */
function objectIn<Answer extends object>(text: string): Partial<Answer> {
  try {
    return JSON.parse(text) as Partial<Answer>;
  } catch {
    return {};
  }
}
