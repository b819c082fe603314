import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { waitFor } from './wait.ts';

/** A process of a service, as a test sees it. */
export interface ServiceProcess {
  child: ChildProcess;
  /** Its exit code and what it said on standard error. */
  ended: Promise<{ code: number | null; err: string }>;
  /** The address that it listens on, once it does. */
  url(): Promise<string>;
}

const deadlineMs = 60_000;
const running = new Set<ChildProcess>();

/** Starts a service's `main.ts`. Variables that every service reads are set to harmless values unless they are given. */
export function startServiceProcess(main: string, variables: Record<string, string>): ServiceProcess {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      MILLRACE_ENVIRONMENT: 'dev',
      HOST: '127.0.0.1',
      PORT: '0',
      EVENT_BUS_NAME: 'dev-millrace',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      ISSUER_URL: 'http://127.0.0.1:9',
      JWKS_URL: 'http://127.0.0.1:9/jwks',
      CLIENT_IDS: 'page',
      SIGNING_KEY: 'a key of more than thirty-two characters',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let err = '';
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; err: string }>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, err });
    });
  });
  // Port 0 is a free one; the log says which.
  const url = async () => (await waitFor(() => /"url":"([^"]+)"/.exec(out)?.[1], deadlineMs)) ?? '';
  return { child, ended, url };
}

/** Ends what a test left running. */
export function killServiceProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

/** Waits until the process is ready, and gives its address. */
export async function readyUrl(started: ServiceProcess): Promise<string> {
  const base = await started.url();
  await waitFor(async () => (await fetch(`${base}/readyz`)).status === 200, deadlineMs);
  return base;
}
