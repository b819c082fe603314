import { readPlatform } from '../../platforms.ts';
import { installDefinitions } from '../../schemas/definitions.ts';
import { findTool } from '../../tools/build-tool.ts';
import type { ControlPlane } from '../../tools/control-plane.ts';
import { startControlPlane } from '../../tools/control-plane.ts';
import type { Verdict } from '../evaluate.ts';
import { evaluate } from '../evaluate.ts';
import { policyParameters } from '../parameters.ts';
import { readPolicies } from '../policies.ts';
import type { Comparison } from './api-server.ts';
import { bindPolicy, comparePolicy, installPolicies } from './api-server.ts';
import { readCases } from './cases.ts';
import { setOf } from './sets.ts';

/** What a real API server said of every case, beside what the evaluator says. */
export interface Proof {
  compared: Comparison[];
  /** How many policies it accepted. */
  policies: number;
  /** The version that it tells of itself. */
  version: string;
}

/** An API server without anything in it, for as long as it is needed; it is built first where that was not done yet. */
export async function startApiServer(): Promise<ControlPlane> {
  return startControlPlane({ etcd: await findTool('etcd'), apiServer: await findTool('kube-apiserver') });
}

/** Gives an API server every policy, and makes every request of the cases; each must end as the evaluator says. */
export async function proveEvaluator(plane: ControlPlane): Promise<Proof> {
  const cases = readCases();
  const policies = readPolicies();
  const { verdicts } = await evaluate({ policies, sets: cases.map(setOf) });
  const byId = new Map(verdicts.map((verdict): [string, Verdict] => [verdict.id, verdict]));
  await installDefinitions(plane);
  await installPolicies(plane, { policies, parameters: policyParameters(readPlatform('prod')) });
  const compared: Comparison[] = [];
  const [first] = policies;
  if (first) await bindPolicy(plane, first);
  for (const [index, policy] of policies.entries()) {
    const next = policies[index + 1];
    if (next) await bindPolicy(plane, next);
    const own = cases.filter((each) => each.policy === policy.metadata.name);
    compared.push(...(await comparePolicy(plane, { policy, cases: own, verdicts: byId })));
  }
  const { body } = await plane.ask('GET', '/version');
  return { compared, policies: policies.length, version: String(body['gitVersion']) };
}

/** How many requests ended in each way. */
export function countOutcomes({ compared }: Proof): Record<Comparison['outcome'], number> {
  const count = (outcome: Comparison['outcome']): number => compared.filter((each) => each.outcome === outcome).length;
  return { same: count('same'), different: count('different'), invalid: count('invalid') };
}
