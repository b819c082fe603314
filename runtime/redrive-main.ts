// The command of an operator: gives a queue its dead letters back, until one of them fails a second time.
import { eventConfig, readConfig } from './config.ts';
import { redrive } from './redrive.ts';

const usage = `usage: node runtime/redrive-main.ts <queue> [--again]
  <queue>   such as dev-millrace-user-OrderPlaced; its dead letters are in <queue>-dlq
  --again   takes those too that failed again after an earlier run: their cause is mended`;

const [, , queue, flag, ...more] = process.argv;
if (!queue || queue.startsWith('-') || (flag !== undefined && flag !== '--again') || more.length > 0) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}
const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = await readConfig(
  eventConfig.pick({ AWS_REGION: true, AWS_ENDPOINT_URL: true }),
);
const { moved, stoppedAt } = await redrive({ region, endpoint, queue, isInsisting: flag === '--again' });
process.stdout.write(`${moved} moved\n`);
if (stoppedAt) {
  const { redrives, reason, body } = stoppedAt;
  process.stderr.write(
    `stopped at a letter that failed again (${reason}) after it was moved ${redrives}×; mend its cause first:\n${body}\n`,
  );
  process.exitCode = 1;
}
