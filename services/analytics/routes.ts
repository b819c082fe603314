import type { Database } from '@millrace/runtime/database.ts';
import type { Keyring } from '@millrace/runtime/keyring.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { Route } from '@millrace/runtime/route.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import { clientReader } from './client.ts';
import { collectRoutes } from './collect-routes.ts';
import { countryFinder } from './country.ts';
import { pageViewWriter } from './events.ts';
import type { GroupCommit } from './group-commit.ts';
import { groupCommit } from './group-commit.ts';
import { importRoutes } from './import-routes.ts';
import type { Ingest } from './ingest.ts';
import { ingestCounts } from './ingest.ts';
import { knownSites } from './known-sites.ts';
import { receiptMaker } from './receipt.ts';
import { receiptRoutes } from './receipt-routes.ts';
import { findStored, readReceiptState } from './receipt-store.ts';
import { siteRoutes } from './site-routes.ts';
import { findSite } from './site-store.ts';
import { trackerRoutes } from './tracker-routes.ts';
import { visitorSalts } from './visitor.ts';

/** What the doors are made of. */
export interface DoorParts {
  database: Database;
  store: VolatileStore;
  signingKeys: Keyring;
  rates: Ingest['rates'];
  allowLoopback: boolean;
  metrics: Metrics;
  log: Log;
  clock: Clock;
  random: Random;
}

/** The doors by which events and sites come in. `drain` waits until everything that was taken is committed. */
export function doorRoutes(parts: DoorParts): { routes: Route[]; commit: GroupCommit } {
  const { database, store, signingKeys, clock, random, log } = parts;
  const { db } = database;
  const sites = knownSites({ load: (id) => findSite(db, id), clock });
  const commit = groupCommit({ write: pageViewWriter({ database, clock, random }) });
  const ingest: Ingest = {
    sites,
    commit,
    salts: visitorSalts({
      store,
      clock,
      random,
      onStoreFault: (error) => log.warn({ error }, 'the salt store does not answer'),
    }),
    countries: countryFinder((error) => log.error({ error }, 'no country is known')),
    readClient: clientReader({ allowHeadless: parts.allowLoopback }),
    store,
    rates: parts.rates,
    counts: ingestCounts(parts.metrics),
    makeReceipt: receiptMaker(signingKeys),
    allowLoopback: parts.allowLoopback,
    clock,
    log,
  };
  const routes = [
    ...trackerRoutes(),
    ...collectRoutes(ingest),
    ...importRoutes({ ingest, findStored: (ids) => findStored(db, ids) }),
    ...receiptRoutes({ signingKeys, readState: (ids) => readReceiptState(db, ids) }),
    ...siteRoutes({ db, sites, signingKeys, clock, random }),
  ];
  return { routes, commit };
}
