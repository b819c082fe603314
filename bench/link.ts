// A slow link in a process of its own, so that the load generator does not slow it further. Arguments: target port, milliseconds.
import { startTcpProxy } from '@millrace/runtime/testing/tcp-proxy.ts';

const [port, delayMs] = process.argv.slice(2).map(Number);
const proxy = await startTcpProxy({ host: '127.0.0.1', port: port ?? 0 });
proxy.delayMs = delayMs ?? 0;
process.stdout.write(`${proxy.port}\n`);
process.on('SIGTERM', () => void proxy.close().then(() => process.exit(0)));
