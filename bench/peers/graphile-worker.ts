// The peer of bar 6: graphile-worker with its batching on. Its task does nothing, or with `effect` writes a row as ours does.
import type { JobHelpers } from 'graphile-worker';
import { run, WorkerPreset } from 'graphile-worker';

const [connectionString = '', localQueue, effect] = process.argv.slice(2);
const writeEffect = async (payload: unknown, { job, query }: JobHelpers): Promise<void> => {
  const { number } = payload as { number: number };
  await query('insert into effect (job_id, number) values ($1, $2)', [job.id, number]);
};
const runner = await run({
  connectionString,
  taskList: { count: effect === 'effect' ? writeEffect : () => undefined },
  noHandleSignals: true,
  preset: {
    extends: [WorkerPreset],
    worker: {
      concurrentJobs: 24,
      maxPoolSize: 25,
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      localQueue: { size: Number(localQueue) },
    },
  },
});
process.on('SIGTERM', () => void runner.stop().then(() => process.exit(0)));
