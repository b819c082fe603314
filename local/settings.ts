import { resolve } from 'node:path';
import { MachineFault } from './fault.ts';

export const usage = `Runs the whole platform on this machine: PostgreSQL, the AWS-compatible endpoint, every service, the web page.

  node local/main.ts [--help]

  PORT=8080         the gateway's port: the page and every API; 0 takes a free one
  DATA_DIR=.local   where all state is kept: databases, queues, keys, logs

Other settings of services (LOG_LEVEL, COLLECT_SITE_PER_SECOND, ...) are passed on to them.
Once everything is ready, DATA_DIR/endpoints.json tells programs where everything is.
Ctrl-C stops everything; what was answered is kept. Exit codes: 0 stopped, 2 wrong usage, 5 the machine is in the way.
`;

/** What a person may choose. */
export interface Settings {
  port: number;
  /** PORT=0: no port matters, so that any number of platforms run beside each other. */
  anyPorts: boolean;
  dataDir: string;
  /** Passed on to services. */
  variables: Record<string, string>;
}

/** A wrong call of a command: exit code 2. */
export class UsageFault extends Error {}

/** Reads the settings of `node local/main.ts`. @throws UsageFault */
export function readSettings(variables: Record<string, string | undefined>): Settings {
  const { PORT = '8080', DATA_DIR = '.local', ...rest } = variables;
  const port = Number(PORT || 8080);
  if (!/^\d*$/.test(PORT) || port > 65_535)
    throw new UsageFault(`PORT=${PORT} is not a port: a number from 0 to 65535.`);
  const kept = Object.entries(rest).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isPassedOn(entry[0]),
  );
  return { port, anyPorts: port === 0, dataDir: resolve(DATA_DIR || '.local'), variables: Object.fromEntries(kept) };
}

/** Somebody's AWS profile must not reach for the cloud, and their Node options are theirs. */
const isPassedOn = (name: string): boolean => !/^(AWS_|NODE_OPTIONS$|NODE_COMPILE_CACHE$|VITEST|HOST$)/.test(name);

/** @throws MachineFault when this Node is too old for the platform. */
export function checkNode(version: string): void {
  const [major = 0] = version.split('.').map(Number);
  if (major >= 24) return;
  throw new MachineFault(
    `this is Node ${version}; the platform needs Node 24. \`make up\` brings it along; or install it from https://nodejs.org.`,
  );
}
