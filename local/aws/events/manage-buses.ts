import { AwsError } from '../aws-error.ts';
import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import type { Bus, Buses } from './buses.ts';
import { newBus } from './buses.ts';
import { alreadyExists, notFound, validation } from './errors.ts';
import { busArn, busNameIn, busNameToCreate, nameIn, pageOf } from './names.ts';
import { tagsIn } from './tags.ts';

export interface EventsState {
  buses: Buses;
  now: () => number;
}

const seconds = (ms: number): number => ms / 1000;

const settingsOf = (bus: Bus): object => ({
  ...(bus.description !== null && { Description: bus.description }),
  ...(bus.kms_key !== null && { KmsKeyIdentifier: bus.kms_key }),
  ...(bus.dead_letter !== null && { DeadLetterConfig: { Arn: bus.dead_letter } }),
});

const summaryOf = (bus: Bus): object => ({
  Name: bus.name,
  Arn: busArn(bus.name),
  ...(bus.description !== null && { Description: bus.description }),
  ...(bus.policy !== null && { Policy: bus.policy }),
  CreationTime: seconds(bus.created_at),
  LastModifiedTime: seconds(bus.modified_at),
});

export function createEventBus({ buses, now }: EventsState): Operation {
  return async (input) => {
    const name = busNameToCreate(input);
    if (name.includes('/'))
      throw validation(`Event bus name ${name} must not contain "/": partner event sources are not supported here.`);
    const bus = await buses.store.write(() => {
      if (buses.find(name) !== undefined) throw alreadyExists(`Event bus ${name} already exists.`);
      const created = { ...newBus(name, now()), tags: tagsIn(input), ...changesIn(input) };
      buses.saveBus(created);
      return created;
    });
    return { EventBusArn: busArn(name), ...settingsOf(bus) };
  };
}

function changesIn(input: Input): Partial<Bus> {
  return {
    ...(input.has('Description') && { description: input.text('Description') ?? null }),
    ...(input.has('KmsKeyIdentifier') && { kms_key: input.text('KmsKeyIdentifier') || null }),
    ...(input.has('DeadLetterConfig') && { dead_letter: input.structure('DeadLetterConfig')?.text('Arn') ?? null }),
  };
}

export function updateEventBus({ buses, now }: EventsState): Operation {
  return async (input) => {
    const bus = await buses.store.write(() => {
      const changed = { ...buses.get(busNameIn(input, 'Name')), ...changesIn(input), modified_at: now() };
      buses.saveBus(changed);
      return changed;
    });
    return { Arn: busArn(bus.name), Name: bus.name, ...settingsOf(bus) };
  };
}

export function deleteEventBus({ buses }: EventsState): Operation {
  return async (input) => {
    const name = nameIn(input, 'Name', 256, /^[/.\-_A-Za-z0-9]+$/);
    if (name === 'default') throw validation('Cannot delete event bus default.');
    await buses.store.write(() => {
      if ((buses.find(name)?.rules.size ?? 0) > 0) {
        throw validation(`Cannot delete event bus ${name} because it has rules. Delete its rules first.`);
      }
      buses.deleteBus(name);
    });
    return {};
  };
}

export function describeEventBus({ buses }: EventsState): Operation {
  return (input) => {
    const bus = buses.get(busNameIn(input, 'Name'));
    return { ...summaryOf(bus), ...settingsOf(bus) };
  };
}

export function listEventBuses({ buses }: EventsState): Operation {
  return (input) => {
    const { items, ...next } = pageOf(buses.all(), input, (bus) => bus.name);
    return { EventBuses: items.map(summaryOf), ...next };
  };
}

interface Statement {
  Sid?: string;
}

/** Sets the policy of a bus, or one statement of it. Policies are kept and shown; nobody is refused anything here. */
export function putPermission({ buses, now }: EventsState): Operation {
  return async (input) => {
    const name = busNameIn(input);
    await buses.store.write(() => {
      const bus = buses.get(name);
      const policy = policyIn(input) ?? withStatement(bus, input);
      buses.saveBus({ ...bus, policy, modified_at: now() });
    });
    return {};
  };
}

const maxPolicyBytes = 10_240;

function policyIn(input: Input): string | undefined {
  const policy = input.text('Policy');
  if (policy === undefined) return undefined;
  if (Buffer.byteLength(policy) > maxPolicyBytes) {
    throw new AwsError('PolicyLengthExceededException', `The policy is longer than ${maxPolicyBytes} bytes.`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(policy);
  } catch {
    // Refused below.
  }
  if (typeof parsed === 'object' && parsed !== null && 'Statement' in parsed) return policy;
  throw validation('Parameter Policy is not valid. Reason: it must be a JSON document with a Statement.');
}

function withStatement(bus: Bus, input: Input): string {
  const sid = nameIn(input, 'StatementId', 64, /^[a-zA-Z0-9\-_]+$/);
  const principal = input.text('Principal') ?? '';
  if (!/^([0-9]{12}|\*)$/.test(principal))
    throw validation('Parameter Principal is not valid. Reason: it must be an account id or *.');
  const condition = input.structure('Condition');
  const statement = {
    Sid: sid,
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : { AWS: `arn:aws:iam::${principal}:root` },
    Action: input.text('Action') ?? 'events:PutEvents',
    Resource: busArn(bus.name),
    ...(condition && {
      Condition: { [condition.text('Type') ?? '']: { [condition.text('Key') ?? '']: condition.text('Value') } },
    }),
  };
  const others = statementsOf(bus).filter((other) => other.Sid !== sid);
  return JSON.stringify({ Version: '2012-10-17', Statement: [...others, statement] });
}

function statementsOf(bus: Bus): Statement[] {
  if (bus.policy === null) return [];
  const { Statement } = JSON.parse(bus.policy) as { Statement?: Statement | Statement[] };
  return [Statement].flat().filter((statement) => typeof statement === 'object' && statement !== null);
}

export function removePermission({ buses, now }: EventsState): Operation {
  return async (input) => {
    const name = busNameIn(input);
    const all = input.members.RemoveAllPermissions === true;
    const sid = input.text('StatementId');
    await buses.store.write(() => {
      const bus = buses.get(name);
      const statements = statementsOf(bus);
      const kept = all ? [] : statements.filter((statement) => statement.Sid !== sid);
      if (!all && kept.length === statements.length) throw notFound('Statement with the provided id does not exist.');
      const policy = kept.length === 0 ? null : JSON.stringify({ Version: '2012-10-17', Statement: kept });
      buses.saveBus({ ...bus, policy, modified_at: now() });
    });
    return {};
  };
}
