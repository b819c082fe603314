import { AwsError } from '../aws-error.ts';
import type { Input } from '../input.ts';
import type { Operation } from '../service.ts';
import type { Queue } from '../sqs/queues.ts';
import { alreadyExists, constraint, notFound, validation } from './errors.ts';
import { archiveArn, busArn, nameIn, nameOfArn, pageOf, replayArn } from './names.ts';
import type { RouteState } from './route.ts';
import { eventOfText, route } from './route.ts';

interface ReplayRow {
  name: string;
  archive: string;
  bus: string;
  rules: string | null;
  description: string | null;
  from_at: number;
  to_at: number;
  state: 'STARTING' | 'RUNNING' | 'CANCELLING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  reason: string | null;
  started_at: number;
  ended_at: number | null;
  last_at: number | null;
  last_id: number;
}

export function startReplay({ buses, now }: RouteState): Operation {
  return async (input) => {
    const name = nameIn(input, 'ReplayName');
    const [from, to] = [requiredInstant(input, 'EventStartTime'), requiredInstant(input, 'EventEndTime')];
    if (from >= to)
      throw validation('Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.');
    const archiveName = nameOfArn(input.text('EventSourceArn') ?? '', 'archive');
    if (archiveName === undefined)
      throw validation('Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN.');
    const destination = input.structure('Destination');
    const rules = destination?.texts('FilterArns');
    const row = await buses.store.write(() => {
      const archive = buses.archive(archiveName);
      if (destination?.text('Arn') !== busArn(archive.bus)) {
        throw validation('Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.');
      }
      if (find(buses.store, name) !== undefined) throw alreadyExists(`Replay ${name} already exists.`);
      buses.store.run(
        `insert into replay (name, archive, bus, rules, description, from_at, to_at, state, started_at)
         values (?, ?, ?, ?, ?, ?, ?, 'STARTING', ?)`,
        name,
        archive.name,
        archive.bus,
        rules === undefined || rules.length === 0 ? null : JSON.stringify(rules),
        input.text('Description') ?? null,
        from,
        to,
        now(),
      );
      return required(buses.store, name);
    });
    return { ReplayArn: replayArn(name), State: row.state, ReplayStartTime: row.started_at / 1000 };
  };
}

function requiredInstant(input: Input, parameter: string): number {
  const instant = input.instant(parameter);
  if (instant !== undefined) return instant;
  throw constraint(parameter.charAt(0).toLowerCase() + parameter.slice(1), 'null', 'Member must not be null');
}

type Store = RouteState['buses']['store'];

const find = (store: Store, name: string): ReplayRow | undefined =>
  store.get<ReplayRow>('select * from replay where name = ?', name);

function required(store: Store, name: string): ReplayRow {
  const row = find(store, name);
  if (row === undefined) throw notFound(`Replay ${name} does not exist.`);
  return row;
}

const describe = (row: ReplayRow): object => ({
  ReplayName: row.name,
  EventSourceArn: archiveArn(row.archive),
  State: row.state,
  ...(row.reason !== null && { StateReason: row.reason }),
  EventStartTime: row.from_at / 1000,
  EventEndTime: row.to_at / 1000,
  ...(row.last_at !== null && { EventLastReplayedTime: row.last_at / 1000 }),
  ReplayStartTime: row.started_at / 1000,
  ...(row.ended_at !== null && { ReplayEndTime: row.ended_at / 1000 }),
});

export function describeReplay({ buses }: RouteState): Operation {
  return (input) => {
    const row = required(buses.store, nameIn(input, 'ReplayName'));
    const filter = row.rules === null ? {} : { FilterArns: JSON.parse(row.rules) as string[] };
    return {
      ...describe(row),
      ReplayArn: replayArn(row.name),
      Destination: { Arn: busArn(row.bus), ...filter },
      ...(row.description !== null && { Description: row.description }),
    };
  };
}

export function listReplays({ buses }: RouteState): Operation {
  return (input) => {
    const [state, source] = [input.text('State'), input.text('EventSourceArn')];
    const rows = buses.store
      .all<ReplayRow>('select * from replay')
      .filter(
        (row) =>
          (state === undefined || row.state === state) && (source === undefined || archiveArn(row.archive) === source),
      );
    const { items, ...next } = pageOf(rows, input, (row) => row.name);
    return { Replays: items.map(describe), ...next };
  };
}

export function cancelReplay({ buses }: RouteState): Operation {
  return async (input) => {
    const name = nameIn(input, 'ReplayName');
    await buses.store.write(() => {
      const { state } = required(buses.store, name);
      if (state !== 'STARTING' && state !== 'RUNNING') {
        throw new AwsError('IllegalStatusException', `Replay ${name} is not in a valid state for this operation.`);
      }
      buses.store.run("update replay set state = 'CANCELLING' where name = ?", name);
    });
    return { ReplayArn: replayArn(name), State: 'CANCELLING' };
  };
}

const replayedTogether = 200;

/** Goes on with every replay by some events, in the order of their times; returns queues that have new messages. */
export async function replaySome(state: RouteState): Promise<Set<Queue>> {
  const { store } = state.buses;
  const running = store.all<ReplayRow>(
    "select * from replay where state in ('STARTING', 'RUNNING', 'CANCELLING') limit 10",
  );
  const touched = new Set<Queue>();
  for (const { name } of running) {
    for (const queue of await store.write(() => replayStep(state, name))) touched.add(queue);
  }
  return touched;
}

function replayStep(state: RouteState, name: string): Set<Queue> {
  const { store } = state.buses;
  const touched = new Set<Queue>();
  const row = required(store, name);
  if (row.state === 'CANCELLING') return end(state, row, 'CANCELLED');
  const bus = state.buses.find(row.bus);
  if (bus === undefined) return end(state, row, 'FAILED', `Event bus ${row.bus} does not exist.`);
  const events = store.all<{ id: number; at: number; event: string }>(
    `select id, at, event from archived_event
     where archive = ?1 and (at, id) > (?2, ?3) and at >= ?4 and at < ?5 order by at, id limit ?6`,
    row.archive,
    row.last_at ?? row.from_at - 1,
    row.last_id,
    row.from_at,
    row.to_at,
    replayedTogether,
  );
  const onlyRules = row.rules === null ? undefined : new Set(JSON.parse(row.rules) as string[]);
  for (const { at, event } of events) {
    const replayed = eventOfText(`${event.slice(0, -1)},"replay-name":${JSON.stringify(name)}}`, at);
    for (const queue of route(state, bus, { event: replayed, onlyRules, isReplayed: true })) touched.add(queue);
  }
  const last = events.at(-1);
  if (last !== undefined) {
    store.run("update replay set state = 'RUNNING', last_at = ?, last_id = ? where name = ?", last.at, last.id, name);
  }
  if (events.length < replayedTogether) end(state, row, 'COMPLETED');
  return touched;
}

function end(
  state: RouteState,
  row: ReplayRow,
  result: 'COMPLETED' | 'CANCELLED' | 'FAILED',
  reason?: string,
): Set<Queue> {
  state.buses.store.run(
    'update replay set state = ?, reason = ?, ended_at = ? where name = ?',
    result,
    reason ?? null,
    state.now(),
    row.name,
  );
  return new Set();
}
