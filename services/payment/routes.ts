import type { Keyring } from '@millrace/runtime/keyring.ts';
import { openKeyring } from '@millrace/runtime/keyring.ts';
import type { Route } from '@millrace/runtime/route.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { PaymentConfig } from './config.ts';
import { paymentRoutes } from './payment-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** What the routes are made of. */
export interface RouteParts {
  own: Workload<PaymentConfig>;
  signingKeys: Keyring;
  webhookKeys: Keyring;
}

/** Every route of this service. */
export function routes(own: Workload<PaymentConfig>): Route[] {
  const parts: RouteParts = {
    own,
    signingKeys: openKeyring(own, 'SIGNING_KEY'),
    webhookKeys: openKeyring(own, 'WEBHOOK_KEY'),
  };
  return [...paymentRoutes(parts), ...webhookRoutes(parts)];
}
