import { relative } from 'node:path';
import { developer, firstSite } from './developer.ts';
import type { Endpoints } from './endpoints.ts';
import type { Settings } from './settings.ts';

/** The table of URLs that `make up` ends with. */
export function describePlatform(ready: { endpoints: Endpoints; settings: Settings; seconds: number }): string {
  const { endpoints, settings, seconds } = ready;
  const apis = Object.keys(endpoints.services).filter((name) => name !== 'dashboard');
  const rows: [string, string][] = [
    ['Page', endpoints.gateway],
    ['Log in as', `${developer.name} (one click)`],
    ...apis.map((name): [string, string] => [`API ${name}`, `${endpoints.gateway}/api/${name}/docs`]),
    ['Tracker', `<script defer src="${endpoints.gateway}/t.js" data-site="${firstSite.id}"></script>`],
    ['Mail', `${endpoints.gateway}/local/mail`],
    ['AWS endpoint', endpoints.aws],
    ['Identity issuer', endpoints.issuer],
    ...Object.entries(endpoints.databases).map(([name, url]): [string, string] => [`Database ${name}`, url]),
    ['Logs', `${relative(process.cwd(), settings.dataDir) || '.'}/logs/<process>.log`],
    ['For programs', `${relative(process.cwd(), settings.dataDir) || '.'}/endpoints.json`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return `\nMillrace is ready (${seconds.toFixed(1)} s).\n\n${lines.join('\n')}\n\nCtrl-C stops it; everything is kept.\n`;
}
