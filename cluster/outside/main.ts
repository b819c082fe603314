// The outside world as a process: whoever supervises it reads the line that it prints once it is ready.
import { runCommand } from '@millrace/policies/environment-fault.ts';
import { readOptions, usage } from './options.ts';

await runCommand(usage, async (words) => {
  const options = readOptions(words);
  const isToEnd = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    // The channel of a supervisor that is gone.
    process.once('disconnect', () => resolve());
  });
  // Late, so that help and wrong usage answer at once.
  const { startOutside } = await import('./outside.ts');
  const outside = await startOutside(options);
  const { proxyUrl, controlUrl, certificateFile, environment } = outside;
  process.stdout.write(`${JSON.stringify({ proxyUrl, controlUrl, certificateFile, environment })}\n`);
  await isToEnd;
  await outside.close();
  // Whoever listens for its end keeps the channel, and so the process, alive.
  if (process.connected) process.disconnect();
  return 0;
});
