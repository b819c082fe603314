// A charger with the simulated company in a process of its own, for tests that kill or stop it:
// node worker-process.ts <database URL> <deadline in ms> [kill|stop]@[before|after]-[charge|refund|find|block]
import { openDatabase } from '@millrace/runtime/database.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { startCharger } from '../charger.ts';
import type { PaymentProvider } from '../provider.ts';
import { simulatedProvider } from '../simulated-provider.ts';

const [, , url = '', deadline, fault = ''] = process.argv;
const open = (name: string, poolSize: number) => openDatabase({ url, applicationName: name, poolSize });
const ports = { clock: systemClock, random: systemRandom };
let isOver = false;

/** Ends or stops this process the first time that it comes here; says where it is. */
function reach(point: string): void {
  process.stdout.write(`${point}\n`);
  if (isOver || !fault.endsWith(`@${point}`)) return;
  isOver = true;
  process.kill(process.pid, fault.startsWith('stop') ? 'SIGSTOP' : 'SIGKILL');
}

function watched<Input extends unknown[], Answer>(name: string, work: (...input: Input) => Promise<Answer>) {
  return async (...input: Input): Promise<Answer> => {
    reach(`before-${name}`);
    try {
      return await work(...input);
    } finally {
      reach(`after-${name}`);
    }
  };
}

const company = simulatedProvider({ database: open('provider', 3), ...ports, hasWebhooks: false });
const provider: PaymentProvider = {
  charge: watched('charge', company.charge),
  refund: watched('refund', company.refund),
  find: watched('find', company.find),
  block: watched('block', company.block),
  close: company.close,
};
const database = open('worker', 6);
const log = createLog({ name: 'worker', level: 'silent' });
const own = { database, log, metrics: createMetrics(), ...ports };
const charger = startCharger({ own, provider, deadlineMs: Number(deadline), concurrency: 16 });
process.stdout.write('ready\n');
process.on('SIGTERM', () => {
  void charger.close().then(async () => {
    await Promise.all([database.close(), provider.close()]);
    process.exit(0);
  });
});
