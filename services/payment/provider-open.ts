import { openKeyring } from '@millrace/runtime/keyring.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import { openOwnDatabase } from '@millrace/runtime/workload.ts';
import type { PaymentConfig } from './config.ts';
import type { PaymentProvider } from './provider.ts';
import { simulatedProvider } from './simulated-provider.ts';
import { startCourier } from './webhook-courier.ts';

/** The company behind the port, and what of it runs in this process. */
export interface OpenProvider extends Closable {
  provider: PaymentProvider;
}

const poolSize = 8;

/** Opens the provider that `PAYMENT_PROVIDER` names. */
export function openProvider(own: Workload<PaymentConfig>): OpenProvider {
  switch (own.config.PAYMENT_PROVIDER) {
    case 'simulated':
      return openSimulated(own);
  }
}

/** Another company: connections of its own, so that its commits never wait for ours, nor ours for its. */
function openSimulated(own: Workload<PaymentConfig>): OpenProvider {
  const { config, clock, random, log } = own;
  const database = openOwnDatabase(own, { name: 'provider', poolSize });
  const courier =
    config.WEBHOOK_URL === undefined
      ? undefined
      : startCourier({
          sql: database.sql,
          url: config.WEBHOOK_URL,
          keys: openKeyring(own, 'WEBHOOK_KEY'),
          clock,
          random,
          log,
        });
  const provider = simulatedProvider({
    database,
    clock,
    random,
    hasWebhooks: courier !== undefined,
    ...(courier && { onWebhook: courier.wake }),
  });
  return {
    provider,
    close: async () => {
      await courier?.close();
      await provider.close();
    },
  };
}
