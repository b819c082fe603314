import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestEndpoint } from './testing.ts';
import { eventually, makeQueue, receiveAll, refusal, startTestEndpoint } from './testing.ts';

let aws: TestEndpoint;
beforeAll(async () => {
  aws = await startTestEndpoint();
  await aws.events.createEventBus({ Name: 'shop' });
});
afterAll(() => aws.close());

const entry = (detailType: string, detail: string, more: object = {}) => ({
  EventBusName: 'shop',
  Source: 'millrace.test',
  DetailType: detailType,
  Detail: detail,
  ...more,
});

/** A rule of its own name as detail type, with a queue of that name as its target. */
async function subscribe(name: string, target: object = {}, pattern: object = {}) {
  const queue = await makeQueue(aws.sqs, name);
  const EventPattern = JSON.stringify({ 'detail-type': [name], ...pattern });
  const { RuleArn } = await aws.events.putRule({ Name: name, EventBusName: 'shop', EventPattern });
  const Targets = [{ Id: '1', Arn: queue.arn, ...target }];
  await aws.events.putTargets({ Rule: name, EventBusName: 'shop', Targets });
  return { ...queue, ruleArn: RuleArn ?? '' };
}

describe('PutEvents', () => {
  test('an event arrives as the envelope of AWS, with the numbers of its detail as they were spelled', async () => {
    const queue = await subscribe('Spelled', {}, { detail: { price: [10] } });
    const Time = new Date('2026-03-14T09:26:11.987Z');
    const { Entries } = await aws.events.putEvents({
      Entries: [entry('Spelled', ' {"price":10.0,"big":1e3}', { Time, Resources: ['arn:aws:s3:::x'] })],
    });
    const [message] = await receiveAll(aws.sqs, queue.url, 1);
    expect(message?.Body).toBe(
      `{"version":"0","id":"${Entries?.[0]?.EventId}","detail-type":"Spelled","source":"millrace.test",` +
        '"account":"000000000000","time":"2026-03-14T09:26:11Z","region":"us-east-1","resources":["arn:aws:s3:::x"],' +
        '"detail":{"price":10.0,"big":1e3}}',
    );
  });

  test('each bad entry fails alone and says why; the others are delivered', async () => {
    const queue = await subscribe('Partly');
    const answer = await aws.events.putEvents({
      Entries: [
        entry('Partly', '{}', { Source: undefined }),
        entry('', '{}'),
        entry('Partly', '[1]'),
        entry('Partly', '{"a":'),
        entry('Partly', '{}', { Source: 'aws.s3' }),
        entry('Partly', '{}'),
        entry('Partly', '{}', { EventBusName: 'no-such-bus' }),
      ],
    });
    expect(answer.FailedEntryCount).toBe(5);
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode ?? 'ok')).toEqual([
      'InvalidArgument',
      'InvalidArgument',
      'MalformedDetail',
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'ok',
      'ok',
    ]);
    expect(await receiveAll(aws.sqs, queue.url, 1)).toHaveLength(1);
  });

  test('no entry, eleven entries and more than one megabyte are refused as a whole', async () => {
    const put = (Entries: ReturnType<typeof entry>[]) => refusal(aws.events.putEvents({ Entries }));
    expect(await put([])).toBe('ValidationException');
    expect(await put(Array(11).fill(entry('Many', '{}')))).toBe('ValidationException');
    const half = `{"a":"${'ü'.repeat(262_200)}"}`;
    expect(await put([entry('Big', half)])).toBe('accepted');
    expect(await put([entry('Big', half), entry('Big', half)])).toBe('ValidationException');
  });
});

describe('targets', () => {
  test('a path, a constant and a template decide what is delivered', async () => {
    const path = await subscribe('Path', { InputPath: '$.detail.items[1]' });
    const constant = await subscribe('Constant', { Input: '{"fixed":1.0}' });
    const InputTransformer = {
      InputPathsMap: { name: '$.detail.name', items: '$.detail.items', gone: '$.detail.gone' },
      InputTemplate: '{"hello":"Dear <name>!","items":<items>,"rule":"<aws.events.rule-name>","gone":"<gone>"}',
    };
    const template = await subscribe('Template', { InputTransformer });
    const detail = '{"name":"Zo\\"ë","items":[1.0,{"a":2.50}]}';
    await aws.events.putEvents({ Entries: ['Path', 'Constant', 'Template'].map((name) => entry(name, detail)) });
    const bodies = await Promise.all([path, constant, template].map(({ url }) => receiveAll(aws.sqs, url, 1)));
    expect(bodies.map(([message]) => message?.Body)).toEqual([
      '{"a":2.50}',
      '{"fixed":1.0}',
      '{"hello":"Dear Zo\\"ë!","items":[1.0,{"a":2.50}],"rule":"Template","gone":""}',
    ]);
  });

  test('a target that is not there sends the event to the dead letters with what went wrong', async () => {
    const dead = await makeQueue(aws.sqs, 'lost-dlq');
    const missing = 'arn:aws:sqs:us-east-1:000000000000:missing';
    const queue = await subscribe('Lost', { Arn: missing, DeadLetterConfig: { Arn: dead.arn } });
    await aws.events.putEvents({ Entries: [entry('Lost', '{"a":1.0}')] });
    const [letter] = await receiveAll(aws.sqs, dead.url, 1);
    expect(letter?.Body).toContain('"detail":{"a":1.0}');
    expect(letter?.MessageAttributes).toMatchObject({
      RULE_ARN: { StringValue: queue.ruleArn },
      TARGET_ARN: { StringValue: missing },
      ERROR_CODE: { StringValue: 'NO_RESOURCE' },
      ERROR_MESSAGE: { DataType: 'String' },
      RETRY_ATTEMPTS: { StringValue: '0' },
    });
  });

  test('targets are checked, listed, found by their ARN and removed', async () => {
    const queue = await subscribe('Managed', {
      RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 },
    });
    const place = { Rule: 'Managed', EventBusName: 'shop' };
    const put = (target: object) =>
      refusal(aws.events.putTargets({ ...place, Targets: [{ Id: '2', Arn: queue.arn, ...target }] }));
    expect(await put({ Arn: 'nonsense' })).toBe('ValidationException');
    expect(await put({ Input: '{}', InputPath: '$' })).toBe('ValidationException');
    expect(await put({ Input: '{' })).toBe('ValidationException');
    expect(await put({ RetryPolicy: { MaximumRetryAttempts: 186 } })).toBe('ValidationException');
    const { Targets } = await aws.events.listTargetsByRule(place);
    expect(Targets).toEqual([
      { Id: '1', Arn: queue.arn, RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 } },
    ]);
    const byTarget = await aws.events.listRuleNamesByTarget({ TargetArn: queue.arn, EventBusName: 'shop' });
    expect(byTarget.RuleNames).toEqual(['Managed']);
    expect(await refusal(aws.events.deleteRule({ Name: 'Managed', EventBusName: 'shop' }))).toBe('ValidationException');
    const removed = await aws.events.removeTargets({ ...place, Ids: ['1', 'other'] });
    expect(removed).toMatchObject({ FailedEntryCount: 1, FailedEntries: [{ TargetId: 'other' }] });
    await aws.events.deleteRule({ Name: 'Managed', EventBusName: 'shop' });
    expect(await refusal(aws.events.describeRule({ Name: 'Managed', EventBusName: 'shop' }))).toBe(
      'ResourceNotFoundException',
    );
  });
});

describe('rules and buses', () => {
  test('a disabled rule delivers nothing until it is enabled', async () => {
    const queue = await subscribe('Switched');
    const rule = { Name: 'Switched', EventBusName: 'shop' };
    await aws.events.disableRule(rule);
    await aws.events.putEvents({ Entries: [entry('Switched', '{"n":1}')] });
    await aws.events.enableRule(rule);
    await aws.events.putEvents({ Entries: [entry('Switched', '{"n":2}')] });
    const messages = await receiveAll(aws.sqs, queue.url, 1);
    expect(messages.map(({ Body }) => (JSON.parse(Body ?? '') as { detail: unknown }).detail)).toEqual([{ n: 2 }]);
  });

  test('bad patterns, names and states are refused', async () => {
    const put = (rule: object) => refusal(aws.events.putRule({ Name: 'Bad', EventBusName: 'shop', ...rule }));
    expect(await put({ EventPattern: '{"source":"a"}' })).toBe('InvalidEventPatternException');
    expect(await put({})).toBe('ValidationException');
    expect(await put({ Name: 'a b', EventPattern: '{"a":["b"]}' })).toBe('ValidationException');
    expect(await put({ EventBusName: 'none', EventPattern: '{"a":["b"]}' })).toBe('ResourceNotFoundException');
  });

  test('TestEventPattern answers, and wants a whole event', async () => {
    const event = { id: '1', account: '1', source: 's', time: 't', region: 'r', resources: [], 'detail-type': 'd' };
    const ask = (pattern: string, members: object) =>
      aws.events.testEventPattern({ EventPattern: pattern, Event: JSON.stringify(members) });
    expect((await ask('{"source":["s"]}', event)).Result).toBe(true);
    expect((await ask('{"source":["t"]}', event)).Result).toBe(false);
    expect(await refusal(ask('{"source":["s"]}', { source: 's' }))).toBe('ValidationException');
    expect(await refusal(ask('{"source":[]}', event))).toBe('InvalidEventPatternException');
  });

  test('buses have policies and tags, and cannot be made twice', async () => {
    const created = await aws.events.createEventBus({ Name: 'tagged', Tags: [{ Key: 'a', Value: '1' }] });
    expect(await refusal(aws.events.createEventBus({ Name: 'tagged' }))).toBe('ResourceAlreadyExistsException');
    const ResourceARN = created.EventBusArn;
    await aws.events.tagResource({ ResourceARN, Tags: [{ Key: 'b', Value: '2' }] });
    await aws.events.untagResource({ ResourceARN, TagKeys: ['a'] });
    expect((await aws.events.listTagsForResource({ ResourceARN })).Tags).toEqual([{ Key: 'b', Value: '2' }]);
    const grant = { EventBusName: 'tagged', Action: 'events:PutEvents', Principal: '*', StatementId: 'all' };
    await aws.events.putPermission(grant);
    expect((await aws.events.describeEventBus({ Name: 'tagged' })).Policy).toContain('"Sid":"all"');
    await aws.events.removePermission({ EventBusName: 'tagged', StatementId: 'all' });
    expect((await aws.events.describeEventBus({ Name: 'tagged' })).Policy).toBeUndefined();
    await aws.events.deleteEventBus({ Name: 'tagged' });
    expect(await refusal(aws.events.deleteEventBus({ Name: 'default' }))).toBe('ValidationException');
  });
});

test('an archive keeps the events that match, and a replay delivers them again under its name', async () => {
  const queue = await subscribe('Kept');
  const bus = await aws.events.describeEventBus({ Name: 'shop' });
  const archive = await aws.events.createArchive({
    ArchiveName: 'shop',
    EventSourceArn: bus.Arn,
    EventPattern: '{"detail-type":["Kept"]}',
    RetentionDays: 7,
  });
  await aws.events.putEvents({ Entries: [entry('Kept', '{"n":1.0}'), entry('Kept', '{"n":2}'), entry('Other', '{}')] });
  expect(await receiveAll(aws.sqs, queue.url, 2)).toHaveLength(2);
  expect((await aws.events.describeArchive({ ArchiveName: 'shop' })).EventCount).toBe(2);
  const now = Date.now();
  await aws.events.startReplay({
    ReplayName: 'again',
    EventSourceArn: archive.ArchiveArn,
    EventStartTime: new Date(now - 3_600_000),
    EventEndTime: new Date(now + 3_600_000),
    Destination: { Arn: bus.Arn, FilterArns: [queue.ruleArn] },
  });
  const replayed = await receiveAll(aws.sqs, queue.url, 2);
  expect(replayed.map(({ Body }) => Body?.includes('"replay-name":"again"'))).toEqual([true, true]);
  expect(replayed.some(({ Body }) => Body?.includes('"n":1.0'))).toBe(true);
  const state = await eventually(
    async () => (await aws.events.describeReplay({ ReplayName: 'again' })).State,
    (value) => value === 'COMPLETED',
  );
  expect(state).toBe('COMPLETED');
  expect((await aws.events.describeArchive({ ArchiveName: 'shop' })).EventCount).toBe(2);
});
