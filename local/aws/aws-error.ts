/** A refusal in AWS's words. `type` is the shape's name in the service's model; `queryCode` what SDKs of the old protocol know. */
export class AwsError extends Error {
  readonly status: number;
  readonly type: string;
  readonly queryCode: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    type: string,
    message: string,
    facts: { status?: number; queryCode?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause });
    this.type = type;
    this.status = facts.status ?? 400;
    this.queryCode = facts.queryCode ?? type;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }

  /** Whether the caller or the service is at fault, as AWS counts it. */
  get fault(): 'Sender' | 'Receiver' {
    return this.status < 500 ? 'Sender' : 'Receiver';
  }
}

export const serializationError = (message: string): AwsError => new AwsError('SerializationException', message);

export const unavailable = (cause?: unknown): AwsError =>
  new AwsError('ServiceUnavailable', 'The service is unavailable. Please try again.', {
    status: 503,
    retryAfterSeconds: 1,
    cause,
  });
