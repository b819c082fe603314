import { arnOf, roleArnOf } from '@millrace/catalog/aws-names.ts';
import { busName, noticesName, roleName } from '@millrace/catalog/names.ts';
import { services } from '@millrace/catalog/services.ts';
import { terraformInputs } from '@millrace/catalog/terraform-inputs.ts';
import type { Built, BuiltResource } from '../built.ts';
import type { Drift } from './built-index.ts';
import { byName, listIn, namesDrift, ofType, textIn, valueDrift } from './built-index.ts';
import { statementsIn } from './policy-document.ts';
import { aliasOf } from './roles.ts';

type Subscription = ReturnType<typeof terraformInputs>['catalog']['subscriptions'][string];

/** Every subscription has its rule, its queue and its dead-letter queue, and there are no others of a service. */
export function eventDrift(built: Built): Drift[] {
  const { subscriptions } = terraformInputs(built.environment, services).catalog;
  const all = Object.values(subscriptions);
  return [
    ...ruleDrift(all, built),
    ...queueDrift(all, built),
    ...targetDrift(built),
    ...publisherDrift(built),
    ...alarmDrift(all, built),
  ];
}

/** Names of a service's own: what else begins with the environment is the platform's. */
export const isOfService = (name: string, built: Built): boolean =>
  services.some((service) => name.startsWith(`${roleName(built.environment, service.name)}-`));

function ruleDrift(subscriptions: readonly Subscription[], built: Built): Drift[] {
  const rules = ofType(built, 'aws_cloudwatch_event_rule');
  const found = byName(rules, 'name');
  const bus = busName(built.environment);
  const ofServices = rules.filter(
    ({ values }) => values['event_bus_name'] === bus || isOfService(textIn(values, 'name'), built),
  );
  const targets = ofType(built, 'aws_cloudwatch_event_target');
  return [
    ...namesDrift({
      kind: 'rule',
      wanted: subscriptions.map(({ rule }) => rule),
      found: ofServices.map(({ values }) => textIn(values, 'name')),
    }),
    ...subscriptions.flatMap((subscription) => {
      const values = found.get(subscription.rule)?.values;
      if (!values) return [];
      const own = { kind: 'rule', name: subscription.rule };
      const of = targets.filter((target) => target.values['rule'] === subscription.rule);
      return [
        ...valueDrift({
          ...own,
          what: 'its bus',
          wanted: subscription.bus,
          found: values['event_bus_name'] ?? 'default',
        }),
        ...valueDrift({
          ...own,
          what: 'its pattern',
          wanted: JSON.parse(subscription.pattern),
          found: JSON.parse(textIn(values, 'event_pattern') || 'null'),
        }),
        ...valueDrift({ ...own, what: 'its state', wanted: 'ENABLED', found: values['state'] ?? 'ENABLED' }),
        ...valueDrift({
          ...own,
          what: 'where it sends to',
          wanted: [[subscription.queue_arn, subscription.dead_letter_queue_arn]],
          found: of.map((target) => [target.values['arn'], deadLetterOf(target)]),
        }),
      ];
    }),
  ];
}

function queueDrift(subscriptions: readonly Subscription[], built: Built): Drift[] {
  const queues = ofType(built, 'aws_sqs_queue');
  const found = byName(queues, 'name');
  const wanted = subscriptions.flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue]);
  const names = [...wanted, noticesName(built.environment)];
  const isOwn = (name: string): boolean => !isOfService(name, built);
  const check = (name: string, what: Record<string, unknown>): Drift[] => {
    const values = found.get(name)?.values;
    if (!values) return [];
    return Object.entries(what).flatMap(([key, value]) =>
      valueDrift({
        kind: 'queue',
        name,
        what: key,
        wanted: value,
        found: key === 'kms_master_key_id' ? aliasOf(values[key], built) : parsed(values[key]),
      }),
    );
  };
  return [
    ...namesDrift({ kind: 'queue', wanted: names, found: queues.map(({ values }) => textIn(values, 'name')), isOwn }),
    ...subscriptions.flatMap((each) => [
      ...check(each.queue, {
        kms_master_key_id: each.queue_key,
        visibility_timeout_seconds: each.visibility_seconds,
        message_retention_seconds: each.queue_retention_seconds,
        redrive_policy: { deadLetterTargetArn: each.dead_letter_queue_arn, maxReceiveCount: each.max_receives },
      }),
      ...check(each.dead_letter_queue, {
        kms_master_key_id: each.queue_key,
        message_retention_seconds: each.dead_letter_retention_seconds,
        redrive_allow_policy: { redrivePermission: 'byQueue', sourceQueueArns: [each.queue_arn] },
      }),
    ]),
    ...queuePolicyDrift(subscriptions, built),
  ];
}

const parsed = (value: unknown): unknown =>
  typeof value === 'string' && value.startsWith('{') ? JSON.parse(value) : value;

/** EventBridge may send to both queues of a subscription, for its rule alone. */
function queuePolicyDrift(subscriptions: readonly Subscription[], built: Built): Drift[] {
  const policies = ofType(built, 'aws_sqs_queue_policy').flatMap(({ values }) => {
    const of = textIn(values, 'queue_url').split('/').at(-1);
    return statementsIn(textIn(values, 'policy')).map((statement) => ({ ...statement, of }));
  });
  return subscriptions.flatMap(({ bus, rule, queue, queue_arn, dead_letter_queue, dead_letter_queue_arn }) => {
    const path = bus === 'default' ? rule : `${bus}/${rule}`;
    const source = arnOf(built.environment, 'events', `rule/${path}`);
    return [
      [queue, queue_arn],
      [dead_letter_queue, dead_letter_queue_arn],
    ].flatMap(([name = '', arn]) => {
      const senders = policies.filter(
        ({ of, effect, actions, resources }) =>
          of === name && effect === 'Allow' && actions.includes('sqs:SendMessage') && resources.includes(arn ?? ''),
      );
      return valueDrift({
        kind: 'queue',
        name,
        what: 'who may send to it',
        wanted: [[['Service events.amazonaws.com'], [`ArnEquals aws:SourceArn ${source}`]]],
        found: senders.map(({ principals, conditions }) => [principals, conditions]),
      });
    });
  });
}

/** No event is lost in silence: every target, the platform's own too, has a dead-letter queue that is built. */
function targetDrift(built: Built): Drift[] {
  const arns = new Set(ofType(built, 'aws_sqs_queue').map(({ values }) => textIn(values, 'arn')));
  return ofType(built, 'aws_cloudwatch_event_target')
    .filter((target) => deadLetterOf(target) === '' || !arns.has(deadLetterOf(target)))
    .map(({ address }) => ({
      kind: 'target',
      name: address,
      message: 'has no dead-letter queue that Terraform builds',
    }));
}

const deadLetterOf = ({ values }: BuiltResource): string =>
  textIn(listIn(values, 'dead_letter_config')[0] ?? {}, 'arn');

/** On the bus a service's role publishes its own events from its own source, and nobody else anything. */
function publisherDrift(built: Built): Drift[] {
  const { publishers } = terraformInputs(built.environment, services).catalog;
  const name = busName(built.environment);
  const own = ofType(built, 'aws_cloudwatch_event_bus_policy').filter(
    ({ values }) => values['event_bus_name'] === name,
  );
  const allowed = own
    .flatMap(({ values }) => statementsIn(textIn(values, 'policy')))
    .filter(({ effect, actions }) => effect === 'Allow' && actions.includes('events:PutEvents'));
  // The whole conditions, so that one which reads the other way round is another one.
  const wanted = Object.entries(publishers).map(([service, { sources, events }]) =>
    [
      `ArnEquals aws:PrincipalArn ${roleArnOf(built.environment, roleName(built.environment, service))}`,
      `StringEquals events:detail-type ${events.toSorted().join(',')}`,
      `StringEquals events:source ${sources.toSorted().join(',')}`,
    ].join(', '),
  );
  const found = allowed.map(({ conditions }) => conditions.join(', '));
  return valueDrift({ kind: 'bus', name, what: 'who may publish', wanted: wanted.sort(), found: found.sort() });
}

/** Somebody is told when messages wait too long, when there are too many, and when one is dead. */
function alarmDrift(subscriptions: readonly Subscription[], built: Built): Drift[] {
  const watched = ofType(built, 'aws_cloudwatch_metric_alarm').flatMap(({ values }) => {
    const { QueueName } = (values['dimensions'] ?? {}) as Record<string, string>;
    const actions = values['alarm_actions'];
    const tells = Array.isArray(actions) && actions.length > 0;
    return QueueName && tells ? [`${QueueName} ${textIn(values, 'metric_name')}`] : [];
  });
  const wanted = subscriptions.flatMap(({ queue, dead_letter_queue }) => [
    `${queue} ApproximateAgeOfOldestMessage`,
    `${queue} ApproximateNumberOfMessagesVisible`,
    `${dead_letter_queue} ApproximateNumberOfMessagesVisible`,
  ]);
  return wanted
    .filter((each) => !watched.includes(each))
    .map((name) => ({ kind: 'alarm', name, message: 'no alarm that tells somebody watches it' }));
}
