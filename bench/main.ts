import { parseArgs } from 'node:util';
import { setVariables } from './config.ts';
import type { Bench, Figure } from './measurement.ts';
import { holds, short } from './measurement.ts';
import { mustBe, writeResult, writeTable } from './report.ts';

const benches: Record<string, () => Promise<Bench>> = {
  collect: async () => (await import('./collect.bench.ts')).collect,
  storage: async () => (await import('./storage.bench.ts')).storage,
  queries: async () => (await import('./queries.bench.ts')).queries,
  freshness: async () => (await import('./freshness.bench.ts')).freshness,
  flow: async () => (await import('./flow.bench.ts')).flow,
  latency: async () => (await import('./latency.bench.ts')).latency,
  placement: async () => (await import('./placement.bench.ts')).placement,
  checkout: async () => (await import('./checkout.bench.ts')).checkout,
  refusal: async () => (await import('./refusal.bench.ts')).refusal,
  start: async () => (await import('./start.bench.ts')).start,
  memory: async () => (await import('./memory.bench.ts')).memory,
  synth: async () => (await import('./synth.bench.ts')).synth,
};

const usage = `Usage: node bench/main.ts [--only NAME[,NAME]] [--quick]

Measures Millrace beside its peers, in turn and on this machine, and writes bench/results/*.json and docs/benchmarks.md.
  --only   some of: ${Object.keys(benches).join(', ')}
  --quick  fewer and shorter runs: shows that it works, not how fast it is
`;

async function main(): Promise<number> {
  setVariables();
  const options = { only: { type: 'string' }, quick: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  let values: { only?: string; quick?: boolean; help?: boolean };
  try {
    values = parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const names = values.only?.split(',') ?? Object.keys(benches);
  const unknown = names.find((name) => !(name in benches));
  if (unknown) {
    process.stderr.write(`There is no bench "${unknown}". Known: ${Object.keys(benches).join(', ')}.\n`);
    return 2;
  }
  let missed = 0;
  for (const name of names) missed += await runBench(name, values.quick ?? false);
  writeTable();
  process.stdout.write(`\nWritten: docs/benchmarks.md. ${missed} figures miss their bar.\n`);
  return 0;
}

async function runBench(name: string, isQuick: boolean): Promise<number> {
  const bench = await benches[name]?.();
  if (!bench) return 0;
  process.stdout.write(`\n${name}: ${bench.what}\n`);
  const figures = await bench.run({ isQuick, progress: (line) => process.stdout.write(`  … ${line}\n`) });
  for (const figure of figures) process.stdout.write(`  ${describe(figure)}\n`);
  writeResult({ name, what: bench.what, isQuick, figures });
  return figures.filter((figure) => !holds(figure)).length;
}

function describe(figure: Figure): string {
  const must = mustBe(figure);
  const verdict = must === '' ? '' : ` (must be ${must}: ${holds(figure) ? 'holds' : 'MISSED'})`;
  return `bar ${figure.bar} ${figure.what}: ${short(figure.value)} ${figure.unit}${verdict}`;
}

process.exitCode = await main();
