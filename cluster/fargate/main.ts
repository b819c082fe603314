// The simulated Fargate as a process: whoever supervises it reads the line that it prints once it listens.
import { runCommand } from '@millrace/policies/environment-fault.ts';
import { startFargate } from './fargate.ts';
import { readOptions, usage } from './options.ts';

await runCommand(usage, async (words) => {
  const options = readOptions(words);
  const isToEnd = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    // The channel of a supervisor that is gone.
    process.once('disconnect', () => resolve());
  });
  const fargate = await startFargate(options);
  process.stdout.write(`${JSON.stringify({ controlUrl: fargate.controlUrl })}\n`);
  process.send?.({ controlUrl: fargate.controlUrl });
  await isToEnd;
  await fargate.close();
  // An open channel would keep it there.
  if (process.connected) process.disconnect();
  return 0;
});
