// `node services/dashboard/testing/serve.ts [port]`: the page with generated figures, without the platform.
import { startDashboard } from './dashboard-server.ts';
import { arrive } from './stand-in-api.ts';

const trafficMs = 900;

const dashboard = await startDashboard({ port: Number(process.argv[2] ?? 0) });
const [site] = dashboard.api.sites;
if (process.argv.includes('--traffic') && site) setInterval(() => arrive(dashboard.api, site.id), trafficMs);
process.stdout.write(`${JSON.stringify({ url: dashboard.url, api: dashboard.api.url })}\n`);
process.once('SIGTERM', () => process.exit(0));
