// The peer of bar 6: graphile-worker with its batching on, running a task that does nothing.
import { run, WorkerPreset } from 'graphile-worker';

const [connectionString = '', localQueue] = process.argv.slice(2);
const runner = await run({
  connectionString,
  taskList: { count: () => undefined },
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
