import type { Route } from '@millrace/runtime/route.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { PaymentConfig } from './config.ts';
import { paymentRoutes } from './payment-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** What the routes are made of. */
export interface RouteParts {
  own: Workload<PaymentConfig>;
}

/** Every route of this service. */
export function routes(own: Workload<PaymentConfig>): Route[] {
  return [...paymentRoutes({ own }), ...webhookRoutes({ own })];
}
