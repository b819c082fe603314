// Proves the evaluator: a real API server is given the same policies and the same cases, and must say the same of each.
import { existsSync } from 'node:fs';
import { EnvironmentFault, runCommand } from '../environment-fault.ts';
import { readPlatform } from '../platforms.ts';
import { installDefinitions } from '../schemas/definitions.ts';
import { toolPath } from '../tools/build-tool.ts';
import type { ControlPlane, Reply } from '../tools/control-plane.ts';
import { startControlPlane } from '../tools/control-plane.ts';
import type { Verdict } from './evaluate.ts';
import { evaluate } from './evaluate.ts';
import { policyParameters } from './parameters.ts';
import { readPolicies } from './policies.ts';
import type { Comparison } from './testing/api-server.ts';
import { comparePolicy, installPolicies } from './testing/api-server.ts';
import { readCases } from './testing/cases.ts';
import { setOf } from './testing/sets.ts';

const usage = `Usage: node policies/admission/prove-on-api-server.ts

Starts the kube-apiserver that policies/schemas/generate.ts built, installs every policy on it with bindings that warn, makes
every request of the cases, and compares its warnings with what the evaluator says. Exit code 4 when one differs.
`;

await runCommand(usage, async (words) => {
  if (words.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  const programs = { etcd: toolPath('etcd'), apiServer: toolPath('kube-apiserver') };
  if (!Object.values(programs).every(existsSync)) {
    throw new EnvironmentFault('E916 kube-apiserver is not built yet. Run "node policies/schemas/generate.ts" first.');
  }
  const cases = readCases();
  const policies = readPolicies();
  const { verdicts } = await evaluate({ policies, sets: cases.map(setOf) });
  const byId = new Map(verdicts.map((verdict): [string, Verdict] => [verdict.id, verdict]));
  const plane = await startControlPlane(programs);
  try {
    await installDefinitions(plane);
    await installPolicies(plane, { policies, parameters: policyParameters(readPlatform('prod')) });
    const compared: Comparison[] = [];
    for (const policy of policies) {
      const own = cases.filter((each) => each.policy === policy.metadata.name);
      compared.push(...(await comparePolicy(plane, { policy, cases: own, verdicts: byId })));
    }
    return report({ compared, policies: policies.length, version: await versionOf(plane) });
  } finally {
    await plane.stop();
  }
});

async function versionOf(plane: ControlPlane): Promise<string> {
  const { body }: Reply = await plane.ask('GET', '/version');
  return String(body['gitVersion']);
}

function report(facts: { compared: Comparison[]; policies: number; version: string }): number {
  const { compared, policies, version } = facts;
  const count = (outcome: Comparison['outcome']): number => compared.filter((each) => each.outcome === outcome).length;
  for (const { id, outcome, detail } of compared) {
    if (outcome !== 'same') process.stderr.write(`${outcome}: ${id}: ${detail}\n`);
  }
  process.stdout.write(
    `kube-apiserver ${version} accepted ${policies} policies; ` +
      `${compared.length} requests: ${count('same')} the same verdict, ${count('different')} different, ` +
      `${count('invalid')} refused by the API itself before admission.\n`,
  );
  return count('different') === 0 ? 0 : 4;
}
