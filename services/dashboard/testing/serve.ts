// `node services/dashboard/testing/serve.ts [port] [--traffic]`: the page with generated figures and a shop, without the platform.
import { z } from 'zod';
import { startDashboard } from './dashboard-server.ts';
import { arrive, cutStreams } from './stand-in-api.ts';
import { change } from './stand-in-products.ts';

const trafficMs = 900;

/** What a test that started this process may ask for. */
const wish = z.discriminatedUnion('do', [
  z.object({ do: z.literal('arrive'), site: z.string() }),
  z.object({ do: z.literal('fail'), path: z.string(), status: z.number() }),
  z.object({ do: z.literal('heal') }),
  z.object({ do: z.literal('cut-streams') }),
  z.object({ do: z.literal('lose-warehouse') }),
  z.object({ do: z.literal('pass'), milliseconds: z.number() }),
  z.object({ do: z.literal('lose-answers'), count: z.number() }),
  z.object({ do: z.literal('edit-product'), name: z.string() }),
  z.object({ do: z.literal('hide-shop-figures') }),
]);

const dashboard = await startDashboard({ port: Number(process.argv[2] ?? 0) });
const { api } = dashboard;

function fulfil(asked: z.output<typeof wish>): void {
  if (asked.do === 'arrive') arrive(api, asked.site);
  else if (asked.do === 'fail') api.fail = { path: asked.path, status: asked.status };
  else if (asked.do === 'cut-streams') cutStreams(api);
  else if (asked.do === 'lose-warehouse') api.isComplete = false;
  else if (asked.do === 'pass') dashboard.passMs(asked.milliseconds);
  else if (asked.do === 'lose-answers') api.shop.losesAnswers = asked.count;
  else if (asked.do === 'edit-product') editProduct(asked.name);
  else if (asked.do === 'hide-shop-figures') api.hasShopFigures = false;
  else Object.assign(api, { fail: undefined, isComplete: true, hasShopFigures: true });
}

/** As another operator does. */
function editProduct(name: string): void {
  const product = api.shop.products.find((one) => one.name === name);
  if (product) change(api.shop, product, { description: 'Changed by somebody else.' });
}

const [site] = api.sites;
if (process.argv.includes('--traffic') && site) setInterval(() => arrive(api, site.id), trafficMs);
process.on('message', (message) => {
  fulfil(wish.parse(message));
  process.send?.({ done: true });
});
process.on('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
if (process.send) process.send({ url: dashboard.url, site: site?.id });
else process.stdout.write(`${dashboard.url}\n`);
