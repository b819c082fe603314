// A slow link in a process of its own, so that the load generator does not slow it further. Arguments: target port, milliseconds.
import { startProxy } from '@millrace/runtime/testing/proxy.ts';

const [port, delayMs] = process.argv.slice(2).map(Number);
const proxy = await startProxy(`tcp://127.0.0.1:${port}`, delayMs);
process.stdout.write(`${new URL(proxy.url).port}\n`);
process.on('SIGTERM', () => void proxy.close().then(() => process.exit(0)));
