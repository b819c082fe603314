// A processor in a process of its own, for tests that kill it: node processor-process.ts <database URL> [fault]
import { openDatabase } from '@millrace/runtime/database.ts';
import { readFault } from '@millrace/runtime/fault-point.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { databaseBroker } from '@millrace/runtime/testing/database-broker.ts';
import { startProcessor } from '../processor.ts';
import { collectedQueue } from './collected-batches.ts';

const [, , url = '', fault] = process.argv;
const open = (poolSize: number) => openDatabase({ url, applicationName: 'processor', poolSize });
const database = open(4);
startProcessor({
  database,
  slowDatabase: open(2),
  queue: databaseBroker({ database, bindings: {}, visibilityMs: 300 }).queue(collectedQueue),
  log: createLog({ name: 'processor', level: 'silent' }),
  metrics: createMetrics(),
  clock: systemClock,
  random: systemRandom,
  reach: readFault(fault, 'dev'),
});
