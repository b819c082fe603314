import { parseArgs } from 'node:util';
import { UsageFault } from '@millrace/policies/environment-fault.ts';
import { standardMetricNames } from './metric-values.ts';
import type { OutsideOptions } from './outside.ts';

export const usage = `Usage: node cluster/outside/main.ts --repository-url URL --repository-path DIR --metrics-url URL --folder DIR
       [--port N] [--control-port N] [--metric NAME]…

The outside world of the local cluster: a proxy on 127.0.0.1 behind which a Git host and a Prometheus answer from this
machine, and every other host is refused. Once ready it prints a line of JSON: proxyUrl, controlUrl, certificateFile and
the environment of a child process.
  --repository-url URL    the repository's address, as in catalog/platform.<env>.json (delivery.repository)
  --repository-path DIR   what is served there, for reading
  --metrics-url URL       the workspace of metrics, as in catalog/platform.<env>.json (telemetry.metricsUrl)
  --folder DIR            where the certificate, its key and outside.json are written
  --port N                of the proxy; a free one unless said
  --control-port N        of PUT /metrics/{name}, DELETE /metrics and GET /state; a free one unless said
  --metric NAME           a text by which queries are told apart, several times; ${standardMetricNames.join(' and ')} unless said
  --help                  this text

Exit codes: 0 ended by a signal, 2 wrong usage, 5 the machine.
`;

const text = { type: 'string' } as const;
const known = {
  'repository-url': text,
  'repository-path': text,
  'metrics-url': text,
  folder: text,
  port: text,
  'control-port': text,
  metric: { type: 'string', multiple: true },
} as const;

/** Reads the command line. @throws UsageFault that says what is wrong with it. */
export function readOptions(words: readonly string[]): OutsideOptions {
  const values = parse(words);
  const need = (name: 'repository-url' | 'repository-path' | 'metrics-url' | 'folder'): string => {
    const given = values[name];
    if (given) return given;
    throw new UsageFault(`--${name} is missing. See "node cluster/outside/main.ts --help".`);
  };
  return {
    repositoryUrl: need('repository-url'),
    repositoryPath: need('repository-path'),
    metricsUrl: need('metrics-url'),
    folder: need('folder'),
    port: portOf(values.port, '--port'),
    controlPort: portOf(values['control-port'], '--control-port'),
    ...(values.metric && { metricNames: values.metric }),
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: known, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageFault(`${first}. See "node cluster/outside/main.ts --help".`);
  }
}

function portOf(given: string | undefined, name: string): number {
  const port = Number(given ?? '0');
  if (/^\d+$/.test(given ?? '0') && port <= 65_535) return port;
  throw new UsageFault(`${name}: "${given}" is no port. Write a number up to 65535, 0 for a free one.`);
}
