import { queueArn, queueNameOfArn } from '../identity.ts';
import type { Operation } from '../service.ts';
import { invalidParameter, invalidValue, missingParameter, resourceNotFound, unsupported } from './errors.ts';
import type { Queue } from './queues.ts';
import type { SqsState } from './send.ts';

interface TaskRow {
  id: number;
  source: number;
  destination: number | null;
  per_second: number | null;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  moved: number;
  to_move: number;
  started_at: number;
  last_id: number;
  failure: string | null;
}

const ticksPerSecond = 10;
const usualPerSecond = 5000;
const handleOf = (task: TaskRow, source: Queue): string =>
  Buffer.from(JSON.stringify({ taskId: task.id, sourceArn: queueArn(source.name) })).toString('base64');

export function startMessageMoveTask({ queues, messages, now }: SqsState): Operation {
  return async (input) => {
    const source = queueOfArn(queues.find.bind(queues), input.text('SourceArn'), 'SourceArn');
    if (queues.sourcesOf(source).length === 0) {
      throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
    }
    const destinationArn = input.text('DestinationArn');
    const destination =
      destinationArn === undefined ? undefined : queueOfArn(queues.find.bind(queues), destinationArn, 'DestinationArn');
    if (destination !== undefined && destination.settings.isFifo !== source.settings.isFifo) {
      throw invalidParameter('Destination queue must be same type of queue as the source.');
    }
    const perSecond = input.integer('MaxNumberOfMessagesPerSecond');
    if (perSecond !== undefined && (perSecond < 1 || perSecond > 500)) {
      throw invalidValue('MaxNumberOfMessagesPerSecond', perSecond, 'Must be between 1 and 500, if provided.');
    }
    const task = await messages.store.write(() => {
      const running = messages.store.get("select 1 from move_task where source = ? and status = 'RUNNING'", source.id);
      if (running !== undefined) {
        throw unsupported(
          'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
        );
      }
      const { id } = messages.store.run(
        `insert into move_task (source, destination, per_second, status, moved, to_move, started_at, last_id)
         values (?, ?, ?, 'RUNNING', 0, ?, ?, 0)`,
        source.id,
        destination?.id ?? null,
        perSecond ?? null,
        messages.count(source.id, now()).visible,
        now(),
      );
      return { id } as TaskRow;
    });
    return { TaskHandle: handleOf(task, source) };
  };
}

export function cancelMessageMoveTask({ messages }: SqsState): Operation {
  return async (input) => {
    const handle = input.text('TaskHandle');
    if (handle === undefined) throw missingParameter('TaskHandle');
    const id = taskIdOf(handle);
    const moved = await messages.store.write(() => {
      const task = messages.store.get<TaskRow>('select * from move_task where id = ?', id);
      if (task?.status !== 'RUNNING') throw resourceNotFound('Task does not exist or is not running.');
      messages.store.run("update move_task set status = 'CANCELLED' where id = ?", id);
      return task.moved;
    });
    return { ApproximateNumberOfMessagesMoved: moved };
  };
}

function taskIdOf(handle: string): number {
  try {
    const { taskId } = JSON.parse(Buffer.from(handle, 'base64').toString()) as { taskId?: unknown };
    if (Number.isSafeInteger(taskId)) return taskId as number;
  } catch {
    // Refused below.
  }
  throw invalidValue('TaskHandle', handle, 'It is not a valid task handle.');
}

export function listMessageMoveTasks({ queues, messages }: SqsState): Operation {
  return (input) => {
    const source = queueOfArn(queues.find.bind(queues), input.text('SourceArn'), 'SourceArn');
    const limit = input.integer('MaxResults') ?? 1;
    if (limit < 1 || limit > 10) throw invalidValue('MaxResults', limit, 'Must be between 1 and 10, if provided.');
    const tasks = messages.store.all<TaskRow>(
      'select * from move_task where source = ? order by id desc limit ?',
      source.id,
      limit,
    );
    return {
      Results: tasks.map((task) => {
        const destination = task.destination === null ? undefined : queues.byId(task.destination);
        return {
          ...(task.status === 'RUNNING' && { TaskHandle: handleOf(task, source) }),
          Status: task.status,
          SourceArn: queueArn(source.name),
          ...(destination && { DestinationArn: queueArn(destination.name) }),
          ...(task.per_second !== null && { MaxNumberOfMessagesPerSecond: task.per_second }),
          ApproximateNumberOfMessagesMoved: task.moved,
          ApproximateNumberOfMessagesToMove: task.to_move,
          ...(task.failure !== null && { FailureReason: task.failure }),
          StartedTimestamp: task.started_at,
        };
      }),
    };
  };
}

function queueOfArn(find: (name: string) => Queue | undefined, arn: string | undefined, parameter: string): Queue {
  if (arn === undefined) throw missingParameter(parameter);
  const queue = find(queueNameOfArn(arn) ?? '');
  if (queue === undefined)
    throw resourceNotFound(`The resource that you specified for the ${parameter} parameter doesn't exist.`);
  return queue;
}

/** Moves the next messages of every running task; called ten times a second. Each step is one write. */
export async function moveSome(state: SqsState): Promise<void> {
  const { messages, waiting } = state;
  const running = messages.store.all<TaskRow>("select * from move_task where status = 'RUNNING' limit 100");
  for (const { id } of running) {
    const touched = await messages.store.write(() => moveStep(state, id));
    for (const queueId of touched) waiting.signal(queueId);
  }
}

function moveStep({ queues, messages, now }: SqsState, taskId: number): Set<number> {
  const touched = new Set<number>();
  const task = messages.store.get<TaskRow>("select * from move_task where id = ? and status = 'RUNNING'", taskId);
  if (task === undefined) return touched;
  const limit = Math.max(1, Math.floor((task.per_second ?? usualPerSecond) / ticksPerSecond));
  const rows = messages.store.all<{ id: number; moved_from: number | null }>(
    'select id, moved_from from message where queue = ? and id > ? and visible_at <= ? order by id limit ?',
    task.source,
    task.last_id,
    now(),
    limit,
  );
  let status: TaskRow['status'] = rows.length < limit ? 'COMPLETED' : 'RUNNING';
  let failure: string | null = null;
  let moved = 0;
  for (const row of rows) {
    const destination = queues.byId(task.destination ?? row.moved_from ?? -1);
    if (destination === undefined) {
      status = 'FAILED';
      failure =
        task.destination === null ? 'CouldNotDetermineMessageSource' : 'AWS.SimpleQueueService.NonExistentQueue';
      break;
    }
    messages.move(row.id, { to: destination, from: null, now: now() });
    touched.add(destination.id);
    moved += 1;
  }
  messages.store.run(
    'update move_task set status = ?, failure = ?, moved = moved + ?, last_id = ? where id = ?',
    status,
    failure,
    moved,
    rows.at(-1)?.id ?? task.last_id,
    taskId,
  );
  return touched;
}
