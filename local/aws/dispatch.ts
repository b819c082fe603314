import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsError, serializationError, unavailable } from './aws-error.ts';
import type { FaultGate } from './faults.ts';
import { queueNameOfArn } from './identity.ts';
import { Input } from './input.ts';
import type { Call, Operations } from './service.ts';

interface Service {
  /** What comes before the dot in X-Amz-Target. */
  target: string;
  contentType: string;
  /** Services of the old query protocol name the old error code in a header. */
  isQueryCompatible: boolean;
  errorNamespace: string;
  operations: Operations;
}

export const sqsService = (operations: Operations): Service => ({
  target: 'AmazonSQS',
  contentType: 'application/x-amz-json-1.0',
  isQueryCompatible: true,
  errorNamespace: 'com.amazonaws.sqs#',
  operations,
});

export const eventsService = (operations: Operations): Service => ({
  target: 'AWSEvents',
  contentType: 'application/x-amz-json-1.1',
  isQueryCompatible: false,
  errorNamespace: '',
  operations,
});

const maxBodyBytes = 16 * 1024 * 1024;

/** Answers requests of AWS's JSON protocols. Never throws, and answers everything that is wrong in AWS's error shape. */
export class Dispatcher {
  readonly #services: Map<string, Service>;
  readonly #faults: FaultGate;
  readonly #report: (error: unknown) => void;

  constructor(services: Service[], faults: FaultGate, report: (error: unknown) => void) {
    this.#services = new Map(services.map((service) => [service.target, service]));
    this.#faults = faults;
    this.#report = report;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [target = '', name = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    const service = this.#services.get(target);
    try {
      const body = await readBody(request);
      if (request.method !== 'POST' || service === undefined) throw unknownOperation(name);
      const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
      if (operation === undefined) throw unknownOperation(name);
      const input = new Input(parseBody(body));
      const queue = queueIn(input);
      const delayMs = this.#faults.delayMs(name, queue);
      if (delayMs > 0) await pause(delayMs);
      const refusal = this.#faults.refusal(name, queue);
      if (refusal !== undefined) throw refusal;
      const output = await operation(input, callOf(request, response));
      if (this.#faults.dropsAnswer(name, queue)) response.destroy();
      else send(response, { status: 200, contentType: service.contentType, body: JSON.stringify(output) });
    } catch (error) {
      this.#refuse(response, service, error);
    }
  }

  #refuse(response: ServerResponse, service: Service | undefined, error: unknown): void {
    const known = error instanceof AwsError ? error : unavailable(error);
    if (known.cause !== undefined) this.#report(known.cause);
    if (service?.isQueryCompatible) response.setHeader('x-amzn-query-error', `${known.queryCode};${known.fault}`);
    if (known.retryAfterSeconds !== undefined) response.setHeader('retry-after', known.retryAfterSeconds);
    const namespace = coral.has(known.type) ? 'com.amazon.coral.service#' : (service?.errorNamespace ?? '');
    send(response, {
      status: known.status,
      contentType: service?.contentType ?? 'application/x-amz-json-1.1',
      body: JSON.stringify({ __type: `${namespace}${known.type}`, message: known.message }),
    });
  }
}

// Errors that come from AWS's framework, not from a service's model.
const coral = new Set([
  'InvalidParameterValueException',
  'MissingRequiredParameterException',
  'SerializationException',
  'UnknownOperationException',
]);

const unknownOperation = (name: string): AwsError =>
  new AwsError(
    'UnknownOperationException',
    name === '' ? 'X-Amz-Target names no operation.' : `Unknown operation ${name}.`,
    {
      status: name === '' ? 404 : 400,
    },
  );

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBodyBytes) chunks.push(chunk);
    });
    request.on('end', () => {
      if (length > maxBodyBytes)
        reject(new AwsError('RequestEntityTooLargeException', 'The request is too large.', { status: 413 }));
      else resolve((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString());
    });
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) reject(serializationError('The request ended before its body was complete.'));
    });
  });
}

function parseBody(body: string): unknown {
  if (body === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    throw serializationError('The request body is not JSON.');
  }
}

/** The queue that a fault may be limited to. */
function queueIn(input: Input): string | undefined {
  const url = input.members.QueueUrl;
  if (typeof url === 'string') return url.slice(url.lastIndexOf('/') + 1);
  const { SourceArn: arn, QueueName: name } = input.members;
  if (typeof arn === 'string') return queueNameOfArn(arn);
  return typeof name === 'string' ? name : undefined;
}

function callOf(request: IncomingMessage, response: ServerResponse): Call {
  return {
    origin: `http://${request.headers.host ?? 'localhost'}`,
    onGone: (gone) => {
      if (response.destroyed && !response.writableFinished) {
        gone();
        return;
      }
      response.once('close', () => {
        if (!response.writableFinished) gone();
      });
    },
  };
}

function send(response: ServerResponse, answer: { status: number; contentType: string; body: string }): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': randomUUID(),
  });
  response.end(answer.body);
}
