import { parseArgs } from 'node:util';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { UsageFault } from '@millrace/policies/environment-fault.ts';
import type { FargateOptions } from './fargate.ts';

export const usage = `Usage: node cluster/fargate/main.ts --kubeconfig FILE --environment ENV --folder DIR [--port N] [--boot-ms N]

The simulated Fargate of the local cluster: it gives each pod that a Fargate profile takes a node of its own with the size
that would be billed, leaves the others Pending in AWS's words, and plays the autoscalers and the load balancer. Once it
listens it prints a line of JSON with its controlUrl.
  --kubeconfig FILE   of an administrator of the cluster
  --environment ENV   whose profiles: ${environmentNames.join(', ')}
  --folder DIR        where the behaviour of images is kept over a restart
  --port N            of the control API on 127.0.0.1; a free one unless said
  --boot-ms N         from a pod's node to its being ready; 300 unless said
  --help              this text

Exit codes: 0 ended by a signal, 2 wrong usage, 5 the machine.
`;

const text = { type: 'string' } as const;
const known = { kubeconfig: text, environment: text, folder: text, port: text, 'boot-ms': text } as const;
const maxPort = 65_535;
const maxBootMs = 600_000;
const hint = 'See "node cluster/fargate/main.ts --help".';

/** Reads the command line. @throws UsageFault that says what is wrong with it. */
export function readOptions(words: readonly string[]): FargateOptions {
  const values = parse(words);
  const need = (name: 'kubeconfig' | 'environment' | 'folder'): string => {
    const given = values[name];
    if (given) return given;
    throw new UsageFault(`--${name} is missing. ${hint}`);
  };
  const bootMs = numberOf(values['boot-ms'], { name: '--boot-ms', most: maxBootMs });
  return {
    kubeconfig: need('kubeconfig'),
    environment: environmentOf(need('environment')),
    folder: need('folder'),
    port: numberOf(values.port, { name: '--port', most: maxPort }) ?? 0,
    ...(bootMs !== undefined && { bootMs }),
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: known, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageFault(`${first}. ${hint}`);
  }
}

function environmentOf(given: string): EnvironmentName {
  const found = environmentNames.find((name) => name === given);
  if (found) return found;
  throw new UsageFault(`--environment: "${given}" is none of ${environmentNames.join(', ')}.`);
}

function numberOf(given: string | undefined, { name, most }: { name: string; most: number }): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,9}$/.test(given) && Number(given) <= most) return Number(given);
  throw new UsageFault(`${name}: "${given}" is no whole number up to ${most}.`);
}
