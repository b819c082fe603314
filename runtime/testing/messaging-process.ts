// A relay or a consumer in a process of its own, for tests that kill it: node messaging-process.ts <relay|consumer> <database url>
import { startConsumer } from '../consumer.ts';
import { applied } from '../consumer-batch.ts';
import { sqlOf } from '../database.ts';
import { readFault } from '../fault-point.ts';
import { startRelay } from '../relay.ts';
import { databaseBroker } from './database-broker.ts';
import { bindings, CounterRaised, openTestDatabase, ports, queueName, quiet } from './event-fixtures.ts';

const [, , role, url] = process.argv;
if (!url) throw new Error('usage: messaging-process.ts <relay|consumer> <database url>');
const database = openTestDatabase(url);
const broker = databaseBroker({ database, bindings, visibilityMs: 700, isNoted: true });
const reach = readFault(process.env.MILLRACE_FAULT, 'dev');
const common = { database, ...quiet(), ...ports, reach };

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
