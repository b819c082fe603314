// The process of the flow bench: relay and consumer, until it is told to stop. Arguments: database URL, endpoint URL or nothing.
import { openBench, startFlow } from './flow-parts.ts';

const [url = '', awsUrl] = process.argv.slice(2);
const database = openBench(url);
const flow = startFlow({ database, way: awsUrl ? { kind: 'aws', url: awsUrl } : { kind: 'database' } });

process.on('SIGTERM', () => {
  void flow
    .close()
    .then(() => database.close())
    .then(() => process.exit(0));
});
