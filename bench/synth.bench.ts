import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { roleName } from '@millrace/catalog/names.ts';
import { services } from '@millrace/catalog/services.ts';
import { manyServices } from './many-services.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { median } from './measurement.ts';
import { buildPackagers, helmChart, kustomization } from './packagers.ts';
import { root } from './stage.ts';

const run = promisify(execFile);
const few = 50;
const many = 200;

/** Bar 13: `make synth` of all environments, as a user waits for it, beside kustomize and Helm with the same objects. */
export const synth: Bench = {
  name: 'synth',
  what: 'rendering all environments, beside kustomize build and one Helm call per service, same objects; 200 services',
  run: async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-synth-'));
    const catalogs = mkdtempSync(join(import.meta.dirname, 'catalogs-'));
    try {
      return [...(await beside(folder, context)), ...(await growth({ folder, catalogs }, context))];
    } finally {
      for (const each of [folder, catalogs]) rmSync(each, { recursive: true, force: true });
    }
  },
};

async function beside(folder: string, context: BenchContext): Promise<Figure[]> {
  const out = join(folder, 'manifests');
  const names = services.map(({ name }) => name);
  const words = ['--out', out, '--releases', writeReleases(join(folder, 'releases'), names)];
  await render(words);
  const packagers = await buildPackagers(join(folder, 'bin'));
  const kustomizations = environmentNames.map((environment) =>
    kustomization(join(folder, 'kustomize', environment), filesBelow(join(out, environment))),
  );
  const charts = environmentNames.flatMap((environment) =>
    readdirSync(join(out, environment)).map((name) =>
      helmChart(join(folder, 'helm', environment, name), filesBelow(join(out, environment, name))),
    ),
  );
  const objects = filesBelow(out).length;
  context.progress(`${objects} objects in ${environmentNames.length} environments`);
  const rounds: { ours: number; kustomize: number; helm: number; peakMb: number }[] = [];
  for (let round = 0; round < (context.isQuick ? 1 : 7); round += 1) {
    const { ms: ours, peakMb } = await render(words);
    const kustomize = await timed(kustomizations.map((path) => [packagers.kustomize, 'build', path]));
    const helm = await timed(charts.map((path) => [packagers.helm, 'template', 'bench', path]));
    rounds.push({ ours, kustomize, helm, peakMb });
  }
  const of = (pick: (round: (typeof rounds)[number]) => number): number => median(rounds.map(pick));
  const detail = { objects, charts: charts.length, rounds };
  const figure = { bar: '13', detail };
  return [
    { ...figure, what: 'synth beside kustomize build', value: of((r) => r.ours / r.kustomize), unit: '×', atMost: 2 },
    {
      ...figure,
      what: 'synth beside one Helm call per service',
      value: of((r) => r.ours / r.helm),
      unit: '×',
      atMost: 0.3,
    },
    {
      ...figure,
      what: `synth of ${objects} objects, as a user waits`,
      value: of((r) => r.ours),
      unit: 'ms',
      atMost: 2_000,
    },
    { ...figure, what: 'synth, peak memory', value: of((r) => r.peakMb), unit: 'MB', atMost: 120 },
  ];
}

async function growth(folders: { folder: string; catalogs: string }, context: BenchContext): Promise<Figure[]> {
  const measure = async (count: number) => {
    const words = manyWords(folders, count);
    await render(words);
    const times: number[] = [];
    for (let round = 0; round < (context.isQuick ? 1 : 5); round += 1) times.push((await render(words)).ms);
    context.progress(`${count} services: ${Math.round(median(times))} ms`);
    return { count, times };
  };
  const [none, some, all] = [await measure(1), await measure(few), await measure(many)];
  const each = (large: { count: number; times: number[] }): number =>
    (median(large.times) - median(none.times)) / (large.count - none.count);
  return [
    {
      bar: '13',
      what: `time of each further service, with ${many} beside ${few}`,
      value: each(all) / each(some),
      unit: '×',
      // Linear is 1; timings of seconds on shared cores are worth a quarter.
      atMost: 1.25,
      detail: { none, some, all },
    },
  ];
}

/** The command's words for a catalog of so many services, with the pins and the platform contract that go with it. */
function manyWords({ folder, catalogs }: { folder: string; catalogs: string }, count: number): string[] {
  const catalog = join(catalogs, `${count}.ts`);
  writeFileSync(
    catalog,
    `import { manyServices } from '../many-services.ts';\n\nexport const services = manyServices(${count});\n`,
  );
  const names = manyServices(count).map(({ name }) => name);
  const place = (what: string): string => join(folder, `${what}-${count}`);
  mkdirSync(place('platform'), { recursive: true });
  for (const environment of environmentNames) {
    const contract = JSON.parse(readFileSync(join(root, `catalog/platform.${environment}.json`), 'utf8')) as {
      account: string;
      services: object;
      aurora: { maxConnections: number };
    };
    contract.aurora.maxConnections = 1_000_000;
    contract.services = Object.fromEntries(
      names.map((name, index) => [
        name,
        {
          roleArn: `arn:aws:iam::${contract.account}:role/${roleName(environment, name)}`,
          securityGroupId: `sg-${index.toString(16).padStart(17, '0')}`,
        },
      ]),
    );
    writeFileSync(join(place('platform'), `platform.${environment}.json`), JSON.stringify(contract));
  }
  const releases = writeReleases(place('releases'), names);
  return ['--catalog', catalog, '--platform', place('platform'), '--releases', releases, '--out', place('manifests')];
}

function writeReleases(folder: string, names: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  const pins = Object.fromEntries(
    names.map((name) => [name, { digest: `sha256:${'5'.repeat(64)}`, revision: '7'.repeat(40) }]),
  );
  for (const environment of environmentNames) {
    writeFileSync(join(folder, `${environment}.json`), JSON.stringify({ pins }));
  }
  return folder;
}

/** Runs the command as a user does and watches its memory. @throws what it said when it failed. */
async function render(words: string[]): Promise<{ ms: number; peakMb: number }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(root, 'charts/main.ts'), ...words], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => {
    said += bytes.toString('utf8');
  });
  let peakKb = 0;
  const watch = setInterval(() => {
    peakKb = Math.max(peakKb, highWaterKb(child.pid ?? 0));
  }, 20);
  const [code] = (await once(child, 'exit')) as [number];
  clearInterval(watch);
  if (code !== 0) throw new Error(`synth ended with ${code}: ${said}`);
  return { ms: performance.now() - startedAt, peakMb: (peakKb * 1024) / 1_000_000 };
}

function highWaterKb(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function timed(commands: string[][]): Promise<number> {
  const startedAt = performance.now();
  for (const [program = '', ...words] of commands) await run(program, words, { maxBuffer: 64 * 1024 * 1024 });
  return performance.now() - startedAt;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
