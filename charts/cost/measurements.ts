import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** A throughput that `make bench` measured: where the figure stands, when and on what it was taken. */
export interface Throughput {
  perSecond: number;
  what: string;
  measuredAt: string;
  machine: string;
}

/** The throughputs that the traffic model uses; undefined for what nobody measured yet. */
export interface Measurements {
  collect: Throughput | undefined;
  events: Throughput | undefined;
}

const results = z.object({
  figures: z.array(z.object({ what: z.string(), value: z.number(), unit: z.string() })),
  measuredAt: z.string(),
  machine: z.object({ cores: z.number(), model: z.string() }),
});

/** Reads the throughputs from `bench/results/`. A file that is not there, or not in the bench's form, measured nothing. */
export function readMeasurements(root: string): Measurements {
  return {
    collect: figureOf(root, { file: 'collect.json', what: 'collect', unit: 'requests/s' }),
    events: figureOf(root, { file: 'flow.json', what: 'over the AWS wire', unit: 'events/s' }),
  };
}

function figureOf(root: string, wanted: { file: string; what: string; unit: string }): Throughput | undefined {
  const path = join(root, 'bench/results', wanted.file);
  const parsed = existsSync(path) ? results.safeParse(jsonOf(path)) : undefined;
  if (!parsed?.success) return undefined;
  const { figures, measuredAt, machine } = parsed.data;
  const figure = figures.find(({ what, unit }) => what === wanted.what && unit === wanted.unit);
  if (!figure || !(figure.value > 0)) return undefined;
  return {
    perSecond: Math.round(figure.value),
    what: `bench/results/${wanted.file}, "${wanted.what}"`,
    measuredAt: measuredAt.slice(0, 10),
    machine: `${machine.cores} cores of ${machine.model} that also ran the database and the load`,
  };
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
