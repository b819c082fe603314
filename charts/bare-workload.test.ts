import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareWorkloads, makers } from './bare-workload.ts';

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/(^|\/)(node_modules|fixtures)\/|\.test\.ts$/.test(path))
  .map((path) => ({ path: `charts/${path}`, text: readFileSync(join(import.meta.dirname, path), 'utf8') }));

describe('bare workloads of cdk8s-plus', () => {
  it('there is none in charts', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.flatMap(bareWorkloads)).toEqual([]);
  });

  it('the two files that may make pods would be found under another name', () => {
    const own = sources.filter(({ path }) => makers.has(path));
    expect(own.map(({ path }) => path).sort()).toEqual([...makers].sort());
    for (const { text } of own) expect(bareWorkloads({ path: 'charts/other.ts', text })).not.toEqual([]);
  });

  it('each way of making one is found, with its line and what to call instead', () => {
    const text = readFileSync(join(import.meta.dirname, 'fixtures/bare-workload.ts'), 'utf8');
    const found = bareWorkloads({ path: 'charts/shop.ts', text });
    expect(found.map(({ line, message }) => `${line} ${message.split(' makes ')[0]}`).sort()).toEqual([
      '10 KubeDaemonSet',
      "12 new ApiObject of kind 'Job'",
      '4 CronJob',
      '4 Deployment',
      '9 StatefulSet',
    ]);
    expect(found[0]?.message).toContain('addWorkload');
  });

  it('types and other packages are no pods', () => {
    const text = `import type { Deployment } from 'cdk8s-plus-29';\nimport { Job } from './queue.ts';\nnew Job();\n`;
    expect(bareWorkloads({ path: 'charts/scaling.ts', text })).toEqual([]);
  });
});
