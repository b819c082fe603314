import { queueArn } from '../identity.ts';
import type { Operation } from '../service.ts';
import { invalidParameter, missingParameter } from './errors.ts';
import type { SqsState } from './send.ts';

interface Policy {
  Version?: string;
  Id?: string;
  Statement: { Sid?: string }[];
}

const grantable = new Set([
  '*',
  'SendMessage',
  'ReceiveMessage',
  'DeleteMessage',
  'ChangeMessageVisibility',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
]);

/** Adds a statement to the queue's policy. Policies are kept and shown; nobody is refused anything here. */
export function addPermission({ queues, messages, now }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    const label = input.text('Label') ?? '';
    const accounts = input.texts('AWSAccountIds') ?? [];
    const actions = input.texts('Actions') ?? [];
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(label)) throw missingParameter('Label');
    if (accounts.length === 0) throw missingParameter('AWSAccountIds');
    if (actions.length === 0 || actions.length > 7) throw missingParameter('Actions');
    const unknown = actions.find((action) => !grantable.has(action));
    if (unknown !== undefined) {
      throw invalidParameter(
        `Value SQS:${unknown} for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.`,
      );
    }
    const policy = policyOf(queue.attributes.Policy);
    if (policy.Statement.some((statement) => statement.Sid === label)) {
      throw invalidParameter(`Value ${label} for parameter Label is invalid. Reason: Already exists.`);
    }
    const principals = accounts.map((account) => `arn:aws:iam::${account}:root`);
    const granted = actions.map((action) => `SQS:${action}`);
    policy.Statement.push({
      Sid: label,
      Effect: 'Allow',
      Principal: { AWS: principals.length === 1 ? principals[0] : principals },
      Action: granted.length === 1 ? granted[0] : granted,
      Resource: queueArn(queue.name),
    } as Policy['Statement'][number]);
    await messages.store.write(() =>
      queues.change(queue, { attributes: { Policy: JSON.stringify(policy) }, now: now() }),
    );
    return {};
  };
}

export function removePermission({ queues, messages, now }: SqsState): Operation {
  return async (input) => {
    const queue = queues.ofUrl(input.text('QueueUrl'));
    const label = input.text('Label');
    if (label === undefined) throw missingParameter('Label');
    const policy = policyOf(queue.attributes.Policy);
    const kept = policy.Statement.filter((statement) => statement.Sid !== label);
    if (kept.length === policy.Statement.length) {
      throw invalidParameter(
        `Value ${label} for parameter Label is invalid. Reason: can't find label on existing policy.`,
      );
    }
    const document = kept.length === 0 ? '' : JSON.stringify({ ...policy, Statement: kept });
    await messages.store.write(() => queues.change(queue, { attributes: { Policy: document }, now: now() }));
    return {};
  };
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function policyOf(document: string | undefined): Policy {
  const policy = (document === undefined ? {} : JSON.parse(document)) as Partial<Policy>;
  const statement = policy.Statement ?? [];
  return { Version: '2012-10-17', ...policy, Statement: [statement].flat().filter(isObject) };
}
