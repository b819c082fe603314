import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TestEndpoint } from './testing.ts';
import { clientsOf, makeQueue, receiveAll, refusal, startTestEndpoint } from './testing.ts';

let aws: TestEndpoint;
beforeAll(async () => {
  aws = await startTestEndpoint();
});
afterEach(() => control('POST', '/reset', { seed: 7 }));
afterAll(() => aws.close());

async function control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${aws.controlUrl}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const inject = (fault: object) => control('POST', '/faults', fault);

test('a failure happens as often as it was asked for, to that operation and queue alone', async () => {
  const [first, second] = [await makeQueue(aws.sqs, 'fail-1'), await makeQueue(aws.sqs, 'fail-2')];
  await inject({
    operation: 'SendMessage',
    queue: 'fail-1',
    count: 2,
    action: { kind: 'fail', code: 'InternalFailure', status: 503 },
  });
  const send = (url: string) => refusal(aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' }));
  expect(await send(second.url)).toBe('accepted');
  expect([await send(first.url), await send(first.url), await send(first.url)]).toEqual([
    'InternalFailure',
    'InternalFailure',
    'accepted',
  ]);
});

test('chosen entries of PutEvents fail with the wanted code', async () => {
  await inject({ operation: 'PutEvents', action: { kind: 'fail', code: 'ThrottlingException', entry: 'last' } });
  const entry = { Source: 'a', DetailType: 'b', Detail: '{}' };
  const { FailedEntryCount, Entries } = await aws.events.putEvents({ Entries: [entry, entry, entry] });
  expect(FailedEntryCount).toBe(1);
  expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, undefined, 'ThrottlingException']);
});

test('throttling lets through what the rate allows', async () => {
  await inject({ operation: 'ListQueues', action: { kind: 'throttle', requestsPerSecond: 2 } });
  const startedAt = performance.now();
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => refusal(aws.sqs.listQueues({}))));
  const seconds = (performance.now() - startedAt) / 1_000;
  const accepted = outcomes.filter((outcome) => outcome === 'accepted').length;
  expect(accepted).toBeGreaterThanOrEqual(2);
  expect(accepted).toBeLessThanOrEqual(2 + 2 * seconds);
  expect(new Set(outcomes)).toEqual(new Set(['accepted', 'RequestThrottled']));
});

test('a message may be duplicated, and an answer lost after the work was done', async () => {
  const { url } = await makeQueue(aws.sqs, 'copies');
  await inject({ operation: 'SendMessage', action: { kind: 'duplicate', copies: 3 }, count: 1 });
  await inject({ operation: 'SendMessage', action: { kind: 'drop-ack' }, count: 1 });
  expect(await refusal(aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' }))).not.toBe('accepted');
  expect(await receiveAll(aws.sqs, url, 3)).toHaveLength(3);
});

test('a delivery that fails is tried again, and the retry policy ends in the dead letters', async () => {
  const [queue, dead] = [await makeQueue(aws.sqs, 'retried'), await makeQueue(aws.sqs, 'retried-dlq')];
  await aws.events.putRule({ Name: 'retried', EventPattern: '{"source":["retry"]}' });
  const RetryPolicy = { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 60 };
  const Targets = [{ Id: '1', Arn: queue.arn, DeadLetterConfig: { Arn: dead.arn }, RetryPolicy }];
  await aws.events.putTargets({ Rule: 'retried', Targets });
  const put = () => aws.events.putEvents({ Entries: [{ Source: 'retry', DetailType: 'x', Detail: '{}' }] });
  await inject({ operation: 'Deliver', queue: 'retried', count: 1, action: { kind: 'fail' } });
  await put();
  expect(await receiveAll(aws.sqs, queue.url, 1)).toHaveLength(1);
  await inject({ operation: 'Deliver', queue: 'retried', count: 2, action: { kind: 'fail' } });
  await put();
  const [letter] = await receiveAll(aws.sqs, dead.url, 1);
  expect(letter?.MessageAttributes).toMatchObject({
    ERROR_CODE: { StringValue: 'ServiceUnavailable' },
    RETRY_ATTEMPTS: { StringValue: '1' },
    EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
  });
});

test('the same seed shuffles the same way, and another seed otherwise', async () => {
  const orders: string[] = [];
  for (const [name, seed] of [
    ['one', 1],
    ['two', 1],
    ['three', 2],
  ] as const) {
    const { url } = await makeQueue(aws.sqs, `shuffle-${name}`);
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: `${index}` }));
    await aws.sqs.sendMessageBatch({ QueueUrl: url, Entries });
    await control('POST', '/reset', { seed });
    await inject({ operation: 'ReceiveMessage', action: { kind: 'shuffle', window: 100 } });
    const messages = await receiveAll(aws.sqs, url, 10);
    orders.push(messages.map(({ Body }) => Body).join());
  }
  expect(orders[0]).toBe(orders[1]);
  expect(orders[0]).not.toBe(orders[2]);
  expect(orders[0]).not.toBe('0,1,2,3,4,5,6,7,8,9');
});

test('the control port shows its state and refuses what it does not know', async () => {
  await makeQueue(aws.sqs, 'seen');
  const added = await inject({ operation: '*', action: { kind: 'delay', ms: 0 } });
  expect(added).toMatchObject({ status: 201, body: { id: expect.any(Number), probability: 1 } });
  const { body } = await control('GET', '/state');
  expect(body).toMatchObject({
    seed: 7,
    queues: { seen: { visible: 0, inFlight: 0, delayed: 0 } },
    deliveriesToRetry: 0,
  });
  expect((await inject({ operation: 'x', action: { kind: 'explode' } })).status).toBe(422);
  expect((await inject({ operation: 'x', action: { kind: 'delay', ms: 1 }, extra: 1 })).status).toBe(422);
  expect((await control('GET', '/nothing')).status).toBe(404);
  expect((await control('DELETE', '/faults/999999')).status).toBe(404);
});

test('without faults the address of AWS knows nothing of the control port', async () => {
  const { sqs } = clientsOf(aws.url);
  expect(await refusal(sqs.listQueues({}))).toBe('accepted');
  expect((await fetch(`${aws.url}/faults`, { method: 'POST', body: '{}' })).status).toBe(404);
});
