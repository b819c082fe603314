import { accountId } from '../identity.ts';
import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import type { Rule } from './buses.ts';
import { patternOf } from './buses.ts';
import { constraint, limitExceeded, notFound, validation } from './errors.ts';
import type { EventsState } from './manage-buses.ts';
import { busNameIn, nameIn, pageOf, ruleArn } from './names.ts';
import { tagsIn } from './tags.ts';

const maxRules = 300;
const states = ['ENABLED', 'DISABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'];

export const describe = (rule: Rule): object => ({
  Name: rule.name,
  Arn: ruleArn(rule.bus, rule.name),
  EventBusName: rule.bus,
  State: rule.state,
  ...(rule.pattern !== null && { EventPattern: rule.pattern }),
  ...(rule.schedule !== null && { ScheduleExpression: rule.schedule }),
  ...(rule.description !== null && { Description: rule.description }),
  ...(rule.role !== null && { RoleArn: rule.role }),
});

/** Schedules are kept and shown; they do not fire here. */
export function putRule({ buses }: EventsState): Operation {
  return async (input) => {
    const name = nameIn(input, 'Name');
    const bus = busNameIn(input);
    const pattern = input.text('EventPattern') || null;
    const schedule = scheduleIn(input, bus);
    if (pattern === null && schedule === null) {
      throw validation('Parameter(s) EventPattern or ScheduleExpression must be specified.');
    }
    const state = input.text('State') ?? 'ENABLED';
    if (!states.includes(state))
      throw constraint('state', state, `Member must satisfy enum value set: [${states.join(', ')}]`);
    const description = input.text('Description') ?? null;
    if ((description?.length ?? 0) > 512)
      throw constraint('description', description, 'Member must have length less than or equal to 512');
    const compiled = pattern === null ? undefined : patternOf(pattern);
    await buses.store.write(() => {
      const { rules } = buses.get(bus);
      const known = rules.get(name);
      if (known === undefined && rules.size >= maxRules) {
        throw limitExceeded('The requested resource exceeds the maximum number allowed.');
      }
      const role = input.text('RoleArn') ?? null;
      const [tags, targets] = [known?.tags ?? tagsIn(input), known?.targets ?? new Map()];
      buses.saveRule({ name, bus, pattern, schedule, state, description, role, tags, compiled, targets });
    });
    return { RuleArn: ruleArn(bus, name) };
  };
}

function scheduleIn(input: Input, bus: string): string | null {
  const schedule = input.text('ScheduleExpression') || null;
  if (schedule === null) return null;
  if (bus !== 'default') throw validation('ScheduleExpression is supported only on the default event bus.');
  const rate = /^rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)$/.exec(schedule);
  const isRate = rate !== null && (rate[1] === '1') === (rate[3] === '');
  if (!isRate && !/^cron\((\S+ ){5}\S+\)$/.test(schedule)) {
    throw validation('Parameter ScheduleExpression is not valid.');
  }
  return schedule;
}

export function deleteRule({ buses }: EventsState): Operation {
  return async (input) => {
    const [name, bus] = [nameIn(input, 'Name'), busNameIn(input)];
    await buses.store.write(() => {
      const rule = buses.get(bus).rules.get(name);
      if (rule === undefined) return;
      if (rule.targets.size > 0) throw validation("Rule can't be deleted since it has targets.");
      buses.deleteRule(rule);
    });
    return {};
  };
}

export function describeRule({ buses }: EventsState): Operation {
  return (input) => ({ ...describe(buses.rule(busNameIn(input), nameIn(input, 'Name'))), CreatedBy: accountId });
}

export function listRules({ buses }: EventsState): Operation {
  return (input) => {
    const { items, ...next } = pageOf([...buses.get(busNameIn(input)).rules.values()], input, (rule) => rule.name);
    return { Rules: items.map(describe), ...next };
  };
}

export function setRuleState({ buses }: EventsState, state: 'ENABLED' | 'DISABLED'): Operation {
  return async (input) => {
    const [name, bus] = [nameIn(input, 'Name'), busNameIn(input)];
    await buses.store.write(() => buses.saveRule({ ...buses.rule(bus, name), state }));
    return {};
  };
}

export function listRuleNamesByTarget({ buses }: EventsState): Operation {
  return (input) => {
    const arn = input.text('TargetArn');
    if (arn === undefined) throw constraint('targetArn', 'null', 'Member must not be null');
    const rules = [...buses.get(busNameIn(input)).rules.values()].filter((rule) =>
      [...rule.targets.values()].some((target) => target.Arn === arn),
    );
    const { items, ...next } = pageOf(rules, input, (rule) => rule.name);
    return { RuleNames: items.map((rule) => rule.name), ...next };
  };
}

const mandatory = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'];

export function testEventPattern(): Operation {
  return (input) => {
    const text = input.text('EventPattern');
    const event = input.text('Event');
    if (text === undefined) throw constraint('eventPattern', 'null', 'Member must not be null');
    if (event === undefined) throw constraint('event', 'null', 'Member must not be null');
    const pattern = patternOf(text);
    let members: unknown;
    try {
      members = JSON.parse(event);
    } catch {
      throw validation('Parameter Event is not valid. Reason: Event is not valid JSON.');
    }
    if (typeof members !== 'object' || members === null || Array.isArray(members)) {
      throw validation('Parameter Event is not valid. Reason: Event must be a JSON object.');
    }
    const missing = mandatory.find((name) => !Object.hasOwn(members, name));
    if (missing !== undefined)
      throw validation(`Parameter Event is not valid. Reason: ${missing} is a required member.`);
    return { Result: pattern.matches(event) };
  };
}

export const ruleOf = ({ buses }: EventsState, input: Input): Rule => {
  const [bus, name] = [busNameIn(input), nameIn(input, 'Rule')];
  const rule = buses.get(bus).rules.get(name);
  if (rule === undefined) throw notFound(`Rule ${name} does not exist on EventBus ${bus}.`);
  return rule;
};
