import { request } from 'node:http';
import type { Message } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestEndpoint } from './testing.ts';
import { eventually, makeQueue, receiveAll, refusal, startTestEndpoint } from './testing.ts';

let aws: TestEndpoint;
beforeAll(async () => {
  aws = await startTestEndpoint();
});
afterAll(() => aws.close());

const receive = async (url: string, more: object = {}) =>
  (await aws.sqs.receiveMessage({ QueueUrl: url, MessageSystemAttributeNames: ['All'], ...more })).Messages ?? [];

describe('queues', () => {
  test('creating a queue twice with the same attributes gives the same queue, with others it is refused', async () => {
    const Attributes = { VisibilityTimeout: '20' };
    const first = await aws.sqs.createQueue({ QueueName: 'twice', Attributes });
    expect((await aws.sqs.createQueue({ QueueName: 'twice', Attributes })).QueueUrl).toBe(first.QueueUrl);
    expect((await aws.sqs.createQueue({ QueueName: 'twice' })).QueueUrl).toBe(first.QueueUrl);
    const other = aws.sqs.createQueue({ QueueName: 'twice', Attributes: { VisibilityTimeout: '21' } });
    expect(await refusal(other)).toBe('QueueNameExists');
  });

  test('attributes are checked, kept and shown with their usual values', async () => {
    const { url, arn } = await makeQueue(aws.sqs, 'settings', { DelaySeconds: '1', KmsMasterKeyId: 'alias/key' });
    await aws.sqs.setQueueAttributes({
      QueueUrl: url,
      Attributes: { DelaySeconds: '2', Policy: '{"Version":"2012-10-17"}' },
    });
    const { Attributes } = await aws.sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({
      QueueArn: arn,
      DelaySeconds: '2',
      VisibilityTimeout: '30',
      KmsMasterKeyId: 'alias/key',
      Policy: '{"Version":"2012-10-17"}',
    });
    const set = (attributes: Record<string, string>) =>
      refusal(aws.sqs.setQueueAttributes({ QueueUrl: url, Attributes: attributes }));
    expect(await set({ VisibilityTimeout: '43201' })).toBe('InvalidAttributeValue');
    expect(await set({ Wrong: '1' })).toBe('InvalidAttributeName');
    expect(await set({ Policy: 'no' })).toBe('InvalidAttributeValue');
  });

  test('a queue that does not exist is refused as AWS refuses it', async () => {
    const gone = aws.sqs.sendMessage({ QueueUrl: `${aws.url}/000000000000/gone`, MessageBody: 'x' });
    await expect(gone).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
      message: 'The specified queue does not exist.',
    });
  });

  test('tags, pages and purges', async () => {
    const { url } = await makeQueue(aws.sqs, 'page-1');
    await makeQueue(aws.sqs, 'page-2');
    await aws.sqs.tagQueue({ QueueUrl: url, Tags: { team: 'a', tier: '1' } });
    await aws.sqs.untagQueue({ QueueUrl: url, TagKeys: ['tier'] });
    expect((await aws.sqs.listQueueTags({ QueueUrl: url })).Tags).toEqual({ team: 'a' });
    const page = await aws.sqs.listQueues({ QueueNamePrefix: 'page-', MaxResults: 1 });
    const next = await aws.sqs.listQueues({ QueueNamePrefix: 'page-', MaxResults: 1, NextToken: page.NextToken });
    expect([page.QueueUrls?.length, next.QueueUrls?.[0]?.endsWith('page-2'), next.NextToken]).toEqual([
      1,
      true,
      undefined,
    ]);
    await aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' });
    await aws.sqs.purgeQueue({ QueueUrl: url });
    expect(await receive(url)).toEqual([]);
    expect(await refusal(aws.sqs.purgeQueue({ QueueUrl: url }))).toBe('PurgeQueueInProgress');
  });
});

describe('messages', () => {
  test('the SDK accepts the digests of body and attributes', async () => {
    const { url } = await makeQueue(aws.sqs, 'digests');
    const MessageAttributes = {
      text: { DataType: 'String', StringValue: 'Zoë' },
      number: { DataType: 'Number', StringValue: '1.5' },
      bytes: { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255]) },
    };
    await aws.sqs.sendMessage({ QueueUrl: url, MessageBody: '日本語 😀', MessageAttributes });
    const [message] = await receive(url, { MessageAttributeNames: ['text', 'by.*', 'bytes'] });
    expect(message).toMatchObject({ Body: '日本語 😀', Attributes: { ApproximateReceiveCount: '1' } });
    expect(Object.keys(message?.MessageAttributes ?? {})).toEqual(['text', 'bytes']);
  });

  test('a batch of ten is taken, eleven, none, doubled or illegal ids are refused, one bad entry fails alone', async () => {
    const { url } = await makeQueue(aws.sqs, 'batches');
    const entries = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ Id: `m${index}`, MessageBody: 'x' }));
    const send = (Entries: { Id: string; MessageBody: string }[]) =>
      aws.sqs.sendMessageBatch({ QueueUrl: url, Entries });
    expect((await send(entries(10))).Successful).toHaveLength(10);
    expect(await refusal(send(entries(11)))).toBe('TooManyEntriesInBatchRequest');
    expect(await refusal(send([]))).toBe('EmptyBatchRequest');
    expect(await refusal(send([...entries(1), ...entries(1)]))).toBe('BatchEntryIdsNotDistinct');
    expect(await refusal(send([{ Id: 'a b', MessageBody: 'x' }]))).toBe('InvalidBatchEntryId');
    const big = { Id: 'big', MessageBody: 'x'.repeat(600_000) };
    expect(await refusal(send([big, { ...big, Id: 'big2' }]))).toBe('BatchRequestTooLong');
    const mixed = await send([
      { Id: 'good', MessageBody: 'x' },
      { Id: 'bad', MessageBody: '\u0000' },
    ]);
    expect(mixed.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(mixed.Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidMessageContents', SenderFault: true }]);
  });

  test('limits of receive and send are those of AWS', async () => {
    const { url } = await makeQueue(aws.sqs, 'limits', { MaximumMessageSize: '1024' });
    expect(await refusal(receive(url, { MaxNumberOfMessages: 11 }))).toBe('InvalidParameterValue');
    expect(await refusal(receive(url, { WaitTimeSeconds: 21 }))).toBe('InvalidParameterValue');
    expect(await refusal(aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x'.repeat(1025) }))).toBe(
      'InvalidParameterValue',
    );
    expect(await refusal(aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x', DelaySeconds: 901 }))).toBe(
      'InvalidParameterValue',
    );
  });

  test('a received message is hidden, comes back, and only its last receipt counts', async () => {
    const { url } = await makeQueue(aws.sqs, 'visibility');
    // Hidden for long, and for a second only when nothing else is to come before that.
    const hideBriefly = (message: Message | undefined) =>
      aws.sqs.changeMessageVisibility({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 1 });
    await aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' });
    const [first] = await receive(url);
    expect(await receive(url)).toEqual([]);
    await hideBriefly(first);
    const [second] = await receive(url, { WaitTimeSeconds: 20 });
    expect(second?.Attributes?.ApproximateReceiveCount).toBe('2');
    const stale = { QueueUrl: url, ReceiptHandle: first?.ReceiptHandle };
    await aws.sqs.deleteMessage(stale);
    expect(await refusal(aws.sqs.changeMessageVisibility({ ...stale, VisibilityTimeout: 5 }))).toBe(
      'InvalidParameterValue',
    );
    expect(await receive(url)).toEqual([]);
    await hideBriefly(second);
    const [third] = await receive(url, { WaitTimeSeconds: 20 });
    expect(third?.Attributes?.ApproximateReceiveCount).toBe('3');
    await aws.sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: third?.ReceiptHandle });
    await aws.sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: third?.ReceiptHandle });
    const { Attributes } = await aws.sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ['All'] });
    expect([Attributes?.ApproximateNumberOfMessages, Attributes?.ApproximateNumberOfMessagesNotVisible]).toEqual([
      '0',
      '0',
    ]);
  });

  test('visibility may be ended and extended while it holds, not after', async () => {
    const { url } = await makeQueue(aws.sqs, 'extend', { VisibilityTimeout: '30' });
    await aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' });
    const [message] = await receive(url);
    const handle = { QueueUrl: url, ReceiptHandle: message?.ReceiptHandle };
    await aws.sqs.changeMessageVisibility({ ...handle, VisibilityTimeout: 0 });
    expect(await refusal(aws.sqs.changeMessageVisibility({ ...handle, VisibilityTimeout: 5 }))).toBe(
      'MessageNotInflight',
    );
    expect(await receive(url)).toHaveLength(1);
    expect(await refusal(aws.sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: 'no' }))).toBe('ReceiptHandleIsInvalid');
  });

  test('a waiting receive is woken at once by a send', async () => {
    const { url } = await makeQueue(aws.sqs, 'long-poll');
    const waiting = receive(url, { WaitTimeSeconds: 20 });
    await eventually(
      async () => undefined,
      () => true,
    );
    const sentAt = performance.now();
    await aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' });
    expect(await waiting).toHaveLength(1);
    expect(performance.now() - sentAt).toBeLessThan(15_000);
  });

  test('a delayed message comes when its delay is over', async () => {
    const { url } = await makeQueue(aws.sqs, 'delayed');
    const sentAt = performance.now();
    await aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x', DelaySeconds: 3 });
    expect(await receive(url)).toEqual([]);
    expect(await receive(url, { WaitTimeSeconds: 20 })).toHaveLength(1);
    expect(performance.now() - sentAt).toBeGreaterThan(2_900);
  });

  test('a receiver that closed its connection takes no message with it', async () => {
    const { url } = await makeQueue(aws.sqs, 'gone');
    const body = JSON.stringify({ QueueUrl: url, WaitTimeSeconds: 20 });
    const headers = { 'x-amz-target': 'AmazonSQS.ReceiveMessage', 'content-type': 'application/x-amz-json-1.0' };
    const leaving = request(aws.url, { method: 'POST', headers });
    leaving.on('error', () => undefined);
    await new Promise<void>((resolve) => leaving.end(body, resolve));
    const closed = new Promise((resolve) => leaving.on('close', resolve));
    leaving.destroy();
    await closed;
    await aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' });
    const [message] = await receive(url, { WaitTimeSeconds: 20 });
    expect(message?.Attributes?.ApproximateReceiveCount).toBe('1');
  });
});

describe('dead letters', () => {
  test('a message that was received too often moves, says where it came from, and can be sent back', async () => {
    const dead = await makeQueue(aws.sqs, 'work-dlq');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
    const work = await makeQueue(aws.sqs, 'work', { VisibilityTimeout: '0', RedrivePolicy });
    const { MessageId } = await aws.sqs.sendMessage({ QueueUrl: work.url, MessageBody: 'poison' });
    expect(await receive(work.url)).toHaveLength(1);
    expect(await receive(work.url)).toHaveLength(1);
    expect(await receive(work.url)).toEqual([]);
    const [letter] = await receiveAll(aws.sqs, dead.url, 1);
    expect(letter).toMatchObject({ MessageId, Body: 'poison', Attributes: { DeadLetterQueueSourceArn: work.arn } });
    await aws.sqs.changeMessageVisibility({
      QueueUrl: dead.url,
      ReceiptHandle: letter?.ReceiptHandle,
      VisibilityTimeout: 0,
    });
    const sources = await aws.sqs.listDeadLetterSourceQueues({ QueueUrl: dead.url });
    expect(sources.queueUrls).toEqual([work.url]);
    await aws.sqs.startMessageMoveTask({ SourceArn: dead.arn });
    const [back] = await receiveAll(aws.sqs, work.url, 1);
    expect(back?.MessageId).toBe(MessageId);
    const tasks = await eventually(
      async () => (await aws.sqs.listMessageMoveTasks({ SourceArn: dead.arn })).Results ?? [],
      ([task]) => task?.Status === 'COMPLETED',
    );
    expect(tasks).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }]);
    expect(await refusal(aws.sqs.startMessageMoveTask({ SourceArn: work.arn }))).toBe('InvalidParameterValue');
  });

  test('a redrive policy needs a dead-letter queue that exists and admits the source', async () => {
    const policy = (arn: string) => ({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 1 }),
    });
    const missing = makeQueue(aws.sqs, 'no-dlq', policy('arn:aws:sqs:us-east-1:000000000000:missing'));
    expect(await refusal(missing)).toBe('InvalidParameterValue');
    const closed = await makeQueue(aws.sqs, 'closed-dlq', { RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' });
    expect(await refusal(makeQueue(aws.sqs, 'denied', policy(closed.arn)))).toBe('InvalidParameterValue');
  });
});

describe('FIFO queues', () => {
  test('keep the order of each group, hold a group back while one of it is in flight, and drop repeats', async () => {
    const { url } = await makeQueue(aws.sqs, 'orders.fifo', { FifoQueue: 'true' });
    const send = (body: string, group: string, id: string) =>
      aws.sqs.sendMessage({ QueueUrl: url, MessageBody: body, MessageGroupId: group, MessageDeduplicationId: id });
    const first = await send('a1', 'a', '1');
    expect((await send('a1', 'a', '1')).MessageId).toBe(first.MessageId);
    await send('a2', 'a', '2');
    await send('b1', 'b', '3');
    const [a1] = await receive(url);
    expect(a1).toMatchObject({ Body: 'a1', Attributes: { MessageGroupId: 'a', MessageDeduplicationId: '1' } });
    expect((await receive(url, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body)).toEqual(['b1']);
    await aws.sqs.deleteMessage({ QueueUrl: url, ReceiptHandle: a1?.ReceiptHandle });
    expect((await receive(url)).map(({ Body }) => Body)).toEqual(['a2']);
    expect(await refusal(aws.sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' }))).toBe('MissingParameter');
  });
});
