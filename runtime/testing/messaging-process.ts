// A relay or a consumer in a process of its own, for tests that kill or stop it:
// node messaging-process.ts <relay|consumer> <database url> [<url of the AWS endpoint>]
// MILLRACE_FAULT is what fault-point.ts reads, or `stop@<point>`: SIGSTOP the first time that it gets there.
import { awsBroker } from '../aws-broker.ts';
import { startConsumer } from '../consumer.ts';
import { applied } from '../consumer-batch.ts';
import { sqlOf } from '../database.ts';
import type { ReachPoint } from '../fault-point.ts';
import { readFault } from '../fault-point.ts';
import { startRelay } from '../relay.ts';
import { databaseBroker } from './database-broker.ts';
import { bindings, busName, CounterRaised, openTestDatabase, ports, queueName, quiet } from './event-fixtures.ts';

const [, , role, url, endpoint] = process.argv;
if (!url) throw new Error('usage: messaging-process.ts <relay|consumer> <database url> [<url of the AWS endpoint>]');
const database = openTestDatabase(url);
const broker = endpoint
  ? awsBroker({ region: 'us-east-1', endpoint, busName })
  : databaseBroker({ database, bindings, visibilityMs: 700, isNoted: true });
const fault = process.env.MILLRACE_FAULT;
const stopPoint = /^stop@(.+)$/.exec(fault ?? '')?.[1];
const reach = stopPoint === undefined ? readFault(fault, 'dev') : stopAt(stopPoint);
const common = { database, ...quiet(), ...ports, reach };

/** Says where the process is, and stops it there once. */
function stopAt(point: string): ReachPoint {
  let isOver = false;
  return (reached) => {
    process.stdout.write(`${reached}\n`);
    if (isOver || reached !== point) return;
    isOver = true;
    process.kill(process.pid, 'SIGSTOP');
  };
}

if (role === 'relay') startRelay({ ...common, broker, batchSize: 20 });
else {
  startConsumer({
    ...common,
    name: 'testing',
    queue: broker.queue(queueName),
    contracts: [CounterRaised],
    deadlineMs: 1_000,
    batchSize: 20,
    maxReceives: 1_000,
    handle: async (tx, events) => {
      for (const { id, data } of events) {
        await sqlOf(tx)`insert into effect (event_id, counter, by) values (${id}, ${data.counter}, ${data.by})`;
      }
      return applied;
    },
  });
}
process.stdout.write('ready\n');
process.stdin.on('end', () => process.exit(0)).resume();
