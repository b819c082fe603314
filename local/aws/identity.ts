/** Who everybody is, and where: the endpoint takes any credentials. */
export const accountId = '000000000000';
export const region = 'us-east-1';

export const queueArn = (name: string): string => `arn:aws:sqs:${region}:${accountId}:${name}`;

/** The name in a queue's ARN; undefined when it is no queue of this account. */
export const queueNameOfArn = (arn: string): string | undefined =>
  /^arn:aws:sqs:us-east-1:000000000000:([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/.exec(arn)?.[1];
