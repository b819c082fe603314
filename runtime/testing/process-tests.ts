// What every service's program does in the same way; each service's own test says what its settings are.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from './postgres.ts';
import { createTestDatabase } from './postgres.ts';
import type { ServiceProcess } from './service-process.ts';
import { killServiceProcesses, readyUrl, startServiceProcess } from './service-process.ts';

/** A service's program, as its test describes it. */
interface Program {
  /** Where its `main.ts` is. */
  folder: string;
  /** Its settings beside the database and those that every service reads; asked for when a process starts. */
  settings(): Record<string, string>;
  /** One of its routes. */
  path: string;
  /** What the route answers, without a token, in each of its workloads. */
  workloads: Readonly<Record<string, number>>;
  /** Settings that it refuses, and what its one line then says. */
  wrong: readonly (readonly [what: string, settings: Record<string, string>, says: string])[];
  /** What more there is to see in a running workload. */
  look?(workload: string, metrics: string): void;
}

const deadlineMs = 150_000;

/** Declares the tests: it migrates, runs as each workload, stops when it is told to, and refuses what is wrong in one line. */
export function testProgram(program: Program): void {
  const names = Object.keys(program.workloads);
  let home: TestDatabase;
  const start = (variables: Record<string, string>): ServiceProcess =>
    startServiceProcess(join(program.folder, 'main.ts'), {
      DATABASE_URL: home.url,
      ...program.settings(),
      ...variables,
    });
  describe('a process of this service', () => {
    beforeAll(async () => {
      home = await createTestDatabase();
    });
    afterEach(killServiceProcesses);
    afterAll(() => home.drop());

    it(
      'migrates, and a second time changes nothing',
      async () => {
        for (const _ of [1, 2]) {
          expect(await start({ MILLRACE_WORKLOAD: 'migrate' }).ended).toEqual({ code: 0, err: '' });
        }
      },
      deadlineMs,
    );

    it.each(names)(
      'as %s is ready, has metrics, and stops when it is told to',
      async (name) => {
        const started = start({ MILLRACE_WORKLOAD: name });
        const base = await readyUrl(started);
        const metrics = await fetch(`${base}/metrics`);
        expect(metrics.status).toBe(200);
        program.look?.(name, await metrics.text());
        expect((await fetch(base + program.path)).status).toBe(program.workloads[name]);
        started.child.kill('SIGTERM');
        expect(await started.ended).toEqual({ code: 0, err: '' });
      },
      deadlineMs,
    );

    it.each([
      ['an unknown workload', { MILLRACE_WORKLOAD: 'everything' }, `there is ${names.join(', ')}, migrate and smoke`],
      ['an unknown setting', { MILLRACE_WORKLAOD: 'x' }, 'MILLRACE_WORKLAOD is not a setting'],
      ['a short signing key', { SIGNING_KEY: 'short' }, 'SIGNING_KEY'],
      ...program.wrong,
    ] as const)(
      'with %s ends with 5 and one line',
      async (_, settings, says) => {
        const { code, err } = await start({ MILLRACE_WORKLOAD: names[0] ?? '', ...settings }).ended;
        expect(code).toBe(5);
        expect(err).toContain(says);
        expect(err.trim().split('\n')).toHaveLength(1);
      },
      deadlineMs,
    );
  });
}
