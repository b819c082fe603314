import { queueNameOfArn } from '../identity.ts';
import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import type { Rule, Target } from './buses.ts';
import { constraint, limitExceeded, validation } from './errors.ts';
import { pathSteps } from './json-path.ts';
import type { EventsState } from './manage-buses.ts';
import { ruleOf } from './manage-rules.ts';
import { nameIn, pageOf } from './names.ts';

const maxTargets = 5;

export function putTargets(state: EventsState): Operation {
  return async (input) => {
    const given = input.structures('Targets');
    if (given === undefined || given.length === 0) {
      throw constraint(
        'targets',
        given === undefined ? 'null' : '[]',
        'Member must have length greater than or equal to 1',
      );
    }
    const targets = given.map(targetIn);
    await state.buses.store.write(() => {
      const rule = ruleOf(state, input);
      const ids = new Set([...rule.targets.keys(), ...targets.map((target) => target.Id)]);
      if (ids.size > maxTargets) throw limitExceeded('The requested resource exceeds the maximum number allowed.');
      for (const target of targets) state.buses.saveTarget(rule, target);
    });
    return { FailedEntryCount: 0, FailedEntries: [] };
  };
}

function targetIn(input: Input): Target {
  const id = nameIn(input, 'Id');
  const arn = input.text('Arn');
  if (arn === undefined) throw constraint('targets.1.member.arn', 'null', 'Member must not be null');
  if (!/^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:.+$/.test(arn) || arn.length > 1600) {
    throw validation(`Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`);
  }
  checkInput(id, input);
  checkRetry(input.structure('RetryPolicy'));
  if (queueNameOfArn(arn)?.endsWith('.fifo') && !input.structure('SqsParameters')?.text('MessageGroupId')) {
    throw validation(`Parameter(s) SqsParameters must be specified for target: ${id}.`);
  }
  const deadLetter = input.structure('DeadLetterConfig')?.text('Arn');
  if (deadLetter !== undefined && !/^arn:aws[a-z-]*:sqs:/.test(deadLetter)) {
    throw validation(
      `Parameter DeadLetterConfig.Arn is not valid. Reason: ${deadLetter} is not the ARN of an SQS queue.`,
    );
  }
  // All members are kept, also those of targets that are not delivered to here.
  return { ...input.members, Id: id, Arn: arn } as Target;
}

function checkInput(id: string, input: Input): void {
  const constant = input.text('Input');
  const path = input.text('InputPath');
  const transformer = input.structure('InputTransformer');
  if ([constant, path, transformer].filter((form) => form !== undefined).length > 1) {
    throw validation(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  }
  if (constant !== undefined && (constant.length > 8192 || !isJson(constant))) {
    throw validation(
      `Parameter Input for target ${id} is not valid. Reason: it must be JSON of at most 8192 characters.`,
    );
  }
  if (path !== undefined && pathSteps(path) === undefined) {
    throw validation(`Parameter InputPath for target ${id} is not valid. Reason: Invalid path ${path}.`);
  }
  if (transformer === undefined) return;
  const template = transformer.text('InputTemplate');
  if (template === undefined || template === '' || template.length > 8192) {
    throw constraint(
      'targets.1.member.inputTransformer.inputTemplate',
      template,
      'Member must have length between 1 and 8192',
    );
  }
  for (const [name, value] of Object.entries(transformer.textMap('InputPathsMap') ?? {})) {
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(name) || pathSteps(value) === undefined) {
      throw validation(`InputTransformer for target ${id} contains an invalid path: ${name}=${value}.`);
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function checkRetry(policy: Input | undefined): void {
  const attempts = policy?.integer('MaximumRetryAttempts');
  if (attempts !== undefined && (attempts < 0 || attempts > 185)) {
    throw constraint(
      'targets.1.member.retryPolicy.maximumRetryAttempts',
      attempts,
      'Member must have value between 0 and 185',
    );
  }
  const age = policy?.integer('MaximumEventAgeInSeconds');
  if (age !== undefined && (age < 60 || age > 86_400)) {
    throw constraint(
      'targets.1.member.retryPolicy.maximumEventAgeInSeconds',
      age,
      'Member must have value between 60 and 86400',
    );
  }
}

export function removeTargets(state: EventsState): Operation {
  return async (input) => {
    const ids = input.texts('Ids') ?? [];
    if (ids.length === 0) throw constraint('ids', '[]', 'Member must have length greater than or equal to 1');
    const failed = await state.buses.store.write(() => {
      const rule: Rule = ruleOf(state, input);
      const missing = ids.filter((id) => !rule.targets.has(id));
      for (const id of ids) state.buses.deleteTarget(rule, id);
      return missing.map((id) => ({
        TargetId: id,
        ErrorCode: 'ResourceNotFoundException',
        ErrorMessage: `Rule ${rule.name} does not have a target with the Id ${id}.`,
      }));
    });
    return { FailedEntryCount: failed.length, FailedEntries: failed };
  };
}

export function listTargetsByRule(state: EventsState): Operation {
  return (input) => {
    const { items, ...next } = pageOf([...ruleOf(state, input).targets.values()], input, (target) => target.Id);
    return { Targets: items, ...next };
  };
}
