import { fileURLToPath } from 'node:url';
import type { Listening } from '@millrace/runtime/listen.ts';
import { listen } from '@millrace/runtime/listen.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { systemRandom } from '@millrace/runtime/ports.ts';
import type { App } from '@millrace/runtime/server.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { memoryStore } from '@millrace/runtime/volatile.ts';
import { ensurePageBuilt } from '../build.ts';
import { defaultLoginScopes } from '../config.ts';
import { readPageFiles } from '../page-files.ts';
import { createDashboard } from '../routes.ts';
import type { StandInApi } from './stand-in-api.ts';
import { startStandInApi } from './stand-in-api.ts';
import type { StandInIssuer } from './stand-in-issuer.ts';
import { startStandInIssuer } from './stand-in-issuer.ts';

const clientId = 'millrace-dashboard';
const dist = fileURLToPath(new URL('../dist', import.meta.url));

/** The dashboard's own server with a stand-in for everything behind it. Its clock can be moved. */
export interface DashboardUnderTest {
  app: App;
  url: string;
  api: StandInApi;
  issuer: StandInIssuer;
  /** Moves the server's clock. */
  passMs(milliseconds: number): void;
  stopClock(): void;
  startClock(): void;
  close(): Promise<void>;
}

export async function startDashboard(options: { port?: number } = {}): Promise<DashboardUnderTest> {
  await ensurePageBuilt();
  const [files, api, issuer] = await Promise.all([
    readPageFiles(dist),
    startStandInApi(),
    startStandInIssuer({ clientId }),
  ]);
  let aheadMs = 0;
  let stoppedMs: number | undefined;
  const clock = { now: () => new Date(stoppedMs ?? Date.now() + aheadMs) };
  const parts = {
    files,
    store: memoryStore(clock),
    metrics: createMetrics(),
    log: createLog({ name: 'dashboard', level: 'fatal' }),
    clock,
    random: systemRandom,
  };
  // The dashboard is told its own address, which is known once the port is taken.
  let app: App | undefined;
  const front = { fetch: (...call: Parameters<App['fetch']>) => app?.fetch(...call) } as App;
  const server: Listening = await listen(front, { host: 'localhost', port: options.port ?? 0, drainMs: 0 });
  const { url } = server;
  app = createDashboard({
    ...parts,
    config: {
      PUBLIC_URL: url,
      ANALYTICS_URL: api.url,
      USER_URL: api.url,
      PRODUCT_URL: api.url,
      ORDER_URL: api.url,
      PAYMENT_URL: api.url,
      NOTIFICATION_URL: api.url,
      UPLOAD_ORIGIN: [api.url],
      ISSUER_URL: issuer.url,
      CLIENT_ID: clientId,
      LOGIN_SCOPES: defaultLoginScopes,
    },
  });
  return {
    app,
    url,
    api,
    issuer,
    passMs: (milliseconds) => {
      aheadMs += milliseconds;
    },
    stopClock: () => {
      stoppedMs = Date.now() + aheadMs;
    },
    startClock: () => {
      stoppedMs = undefined;
    },
    close: async () => {
      await Promise.all([server.close(), api.close(), issuer.close()]);
    },
  };
}
