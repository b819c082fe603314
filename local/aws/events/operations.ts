import type { Operations } from '../service.ts';
import type { Waiting } from '../sqs/waiting.ts';
import * as archives from './archives.ts';
import * as buses from './manage-buses.ts';
import * as rules from './manage-rules.ts';
import * as targets from './manage-targets.ts';
import { putEvents } from './put-events.ts';
import * as replays from './replays.ts';
import type { RouteState } from './route.ts';
import * as tags from './tags.ts';

/** The operations of EventBridge, by the name that follows `AWSEvents.` in X-Amz-Target. */
export const eventOperations = (state: RouteState & { waiting: Waiting }): Operations => ({
  CancelReplay: replays.cancelReplay(state),
  CreateArchive: archives.createArchive(state),
  CreateEventBus: buses.createEventBus(state),
  DeleteArchive: archives.deleteArchive(state),
  DeleteEventBus: buses.deleteEventBus(state),
  DeleteRule: rules.deleteRule(state),
  DescribeArchive: archives.describeArchive(state),
  DescribeEventBus: buses.describeEventBus(state),
  DescribeReplay: replays.describeReplay(state),
  DescribeRule: rules.describeRule(state),
  DisableRule: rules.setRuleState(state, 'DISABLED'),
  EnableRule: rules.setRuleState(state, 'ENABLED'),
  ListArchives: archives.listArchives(state),
  ListEventBuses: buses.listEventBuses(state),
  ListReplays: replays.listReplays(state),
  ListRuleNamesByTarget: rules.listRuleNamesByTarget(state),
  ListRules: rules.listRules(state),
  ListTagsForResource: tags.listTagsForResource(state),
  ListTargetsByRule: targets.listTargetsByRule(state),
  PutEvents: putEvents(state),
  PutPermission: buses.putPermission(state),
  PutRule: rules.putRule(state),
  PutTargets: targets.putTargets(state),
  RemovePermission: buses.removePermission(state),
  RemoveTargets: targets.removeTargets(state),
  StartReplay: replays.startReplay(state),
  TagResource: tags.tagResource(state),
  TestEventPattern: rules.testEventPattern(),
  UntagResource: tags.untagResource(state),
  UpdateArchive: archives.updateArchive(state),
  UpdateEventBus: buses.updateEventBus(state),
});
