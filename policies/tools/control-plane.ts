import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from './api-client.ts';
import { connectApi, pollReply } from './api-client.ts';
import type { ControlPlanePlace } from './control-plane-programs.ts';
import { apiServerWords, certificateFile, etcdWords, prepareControlPlane } from './control-plane-programs.ts';
import { findFreePort } from './free-port.ts';

/** A real API server with its store on this machine, for as long as a command runs. */
export interface ControlPlane extends ApiClient {
  stop(): Promise<void>;
}

const startDeadlineMs = 180_000;
const stopDeadlineMs = 10_000;
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Starts both programs on free ports of 127.0.0.1; everything they write lies in a folder that `stop` removes. */
export async function startControlPlane(programs: { etcd: string; apiServer: string }): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-control-plane-'));
  const ports = { etcd: await findFreePort(), peer: await findFreePort(), api: await findFreePort() };
  const place: ControlPlanePlace = { folder, ports };
  const token = randomUUID();
  prepareControlPlane(folder, [{ name: 'admin', groups: ['system:masters'], token }]);
  const children = [
    start(programs.etcd, folder, etcdWords(place)),
    // No controller makes the accounts that pods name.
    start(programs.apiServer, folder, [...apiServerWords(place), '--disable-admission-plugins=ServiceAccount']),
  ];
  const api = connectApi({ port: ports.api, token, certificateFile: certificateFile(folder) });
  const plane: ControlPlane = {
    ask: (method, path, options = {}) => api.ask(method, path, { ...options, user: withAllRights(options.user) }),
    waitFor: api.waitFor,
    async stop() {
      for (const signal of stopSignals) process.off(signal, interrupt);
      await Promise.all(children.map(end));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const interrupt = (): void => {
    void plane.stop().finally(() => process.exit(130));
  };
  for (const signal of stopSignals) process.once(signal, interrupt);
  try {
    await pollReply(() => plane.ask('GET', '/readyz'), {
      isWished: ({ status }) => status === 200,
      deadlineMs: startDeadlineMs,
      what: 'the API server',
    });
    return plane;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

/** An administrator's rights are added to the user that a case is about, so that only admission decides. */
function withAllRights(user: { username: string; groups?: string[] } | undefined) {
  return user && { ...user, groups: [...(user.groups ?? []), 'system:masters'] };
}

function start(program: string, folder: string, words: string[]): ChildProcess {
  const log = openSync(join(folder, 'log'), 'a');
  return spawn(program, words, { cwd: folder, stdio: ['ignore', log, log] });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
