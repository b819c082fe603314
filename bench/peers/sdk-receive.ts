// The ceiling of bar 6: the AWS SDK alone, receiving and deleting until the queue is empty. Prints messages and seconds.
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const [endpoint = '', queueUrl = '', total = '0'] = process.argv.slice(2);
const client = new SQSClient({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
const inFlight = 8;
let done = 0;
const startedAt = performance.now();
const lane = async (): Promise<void> => {
  while (done < Number(total)) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) continue;
    const Entries = Messages.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    done += Messages.length;
  }
};
await Promise.all(Array.from({ length: inFlight }, lane));
process.stdout.write(`${done} ${(performance.now() - startedAt) / 1_000}\n`);
process.exit(0);
