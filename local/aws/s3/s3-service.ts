import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsError, unavailable } from '../aws-error.ts';
import { readAddress, splitUrl } from './address.ts';
import { authorize } from './authorize.ts';
import { corsHeaders, preflight } from './cors.ts';
import { rulesOf } from './manage-buckets.ts';
import { operationName } from './operation-name.ts';
import { s3Operations } from './operations.ts';
import type { S3Answer, S3Operation, S3Request } from './request.ts';
import { newRequest } from './request.ts';
import { asS3Error, notImplemented } from './s3-error.ts';
import type { S3State } from './state.ts';
import { renderXml } from './xml.ts';

/**
 * S3 is everything that has no X-Amz-Target and names a bucket; and `GET /` with credentials, which lists the buckets.
 * The JSON protocols are `POST /` with their header.
 */
export function isForS3({ method, url = '', headers }: IncomingMessage): boolean {
  if (headers['x-amz-target'] !== undefined) return false;
  const { path, query } = splitUrl(url);
  if (path.length > 1) return true;
  return method === 'GET' && (headers.authorization !== undefined || query.includes('X-Amz-Credential='));
}

/** Answers requests of S3's REST protocol. Never throws, and answers everything that is wrong in S3's XML. */
export class S3Service {
  readonly #state: S3State;
  readonly #operations: Record<string, S3Operation>;
  readonly #report: (error: unknown) => void;

  constructor(state: S3State, report: (error: unknown) => void) {
    this.#state = state;
    this.#operations = s3Operations(state);
    this.#report = report;
  }

  async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = randomBytes(8).toString('hex').toUpperCase();
    response.setHeader('x-amz-request-id', id);
    try {
      const request = newRequest(readAddress(message.url ?? ''), message, id);
      const answer = await this.#run(request, response);
      if (answer === undefined) response.destroy();
      else await send(message, response, answer);
    } catch (error) {
      await this.#refuse(message, response, error);
    } finally {
      // What nobody wants of the body is read away, so that the connection can be used again.
      message.resume();
    }
  }

  /** Undefined when a fault drops the answer. */
  async #run(request: S3Request, response: ServerResponse): Promise<S3Answer | undefined> {
    const { faults, buckets, now } = this.#state;
    const rules = rulesOf(buckets.find(request.bucket));
    const method = request.message.method ?? '';
    if (method === 'OPTIONS') return { status: 200, headers: preflight(request, rules) };
    for (const [name, value] of Object.entries(corsHeaders(request, rules))) response.setHeader(name, value);
    const name = operationName(method, request);
    const operation = this.#operations[name];
    if (operation === undefined) throw notImplemented(name);
    const delayMs = faults.delayMs(name, undefined);
    if (delayMs > 0) await pause(delayMs);
    const refusal = faults.refusal(name, undefined);
    if (refusal !== undefined) throw refusal;
    if (name !== 'PostObject') authorize(request, now());
    const answer = await operation(request);
    if (!faults.dropsAnswer(name, undefined)) return answer;
    await answer.content?.handle.close();
    return undefined;
  }

  async #refuse(message: IncomingMessage, response: ServerResponse, error: unknown): Promise<void> {
    if (response.headersSent || (message.destroyed && !message.complete)) {
      response.destroy();
      return;
    }
    const known = error instanceof AwsError ? error : unavailable(error);
    if (known.cause !== undefined) this.#report(known.cause);
    const { status, type: Code, message: Message, details } = asS3Error(known);
    const RequestId = String(response.getHeader('x-amz-request-id'));
    const Resource = splitUrl(message.url ?? '').path;
    const body = renderXml('Error', { Code, Message, ...details, Resource, RequestId }, { hasNamespace: false });
    await send(message, response, { status, body }).catch(() => response.destroy());
  }
}

async function send(message: IncomingMessage, response: ServerResponse, answer: S3Answer): Promise<void> {
  const { status, headers = {}, body = '', content } = answer;
  const hasOwnLength = headers['content-length'] !== undefined || status === 204 || status === 304;
  const type = body === '' ? {} : { 'content-type': 'application/xml' };
  try {
    response.writeHead(status, {
      ...type,
      ...(!hasOwnLength && { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    });
  } catch (error) {
    await content?.handle.close();
    throw error;
  }
  if (content === undefined || content.length === 0) {
    await content?.handle.close();
    response.end(message.method === 'HEAD' ? undefined : body);
    return;
  }
  const { handle, first, length } = content;
  await pipeline(handle.createReadStream({ start: first, end: first + length - 1 }), response).catch(() => {
    // The reader has gone; nothing is left to say to it.
    response.destroy();
  });
}
