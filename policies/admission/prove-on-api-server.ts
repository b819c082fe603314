// Proves the evaluator: a real API server is given the same policies and the same cases, and must say the same of each.
import { runCommand } from '../environment-fault.ts';
import type { Proof } from './testing/proof.ts';
import { countOutcomes, proveEvaluator, startApiServer } from './testing/proof.ts';

const usage = `Usage: node policies/admission/prove-on-api-server.ts

Starts a kube-apiserver of the cluster's version (built first, where that was not done yet), installs every policy on it with
bindings that warn, makes every request of the cases, and compares its warnings with what the evaluator says. Exit code 4
when one differs.
`;

await runCommand(usage, async (words) => {
  if (words.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  const plane = await startApiServer();
  try {
    return report(await proveEvaluator(plane));
  } finally {
    await plane.stop();
  }
});

function report(proof: Proof): number {
  const { compared, policies, version } = proof;
  const { same, different, invalid } = countOutcomes(proof);
  for (const { id, outcome, detail } of compared) {
    if (outcome !== 'same') process.stderr.write(`${outcome}: ${id}: ${detail}\n`);
  }
  process.stdout.write(
    `kube-apiserver ${version} accepted ${policies} policies; ` +
      `${compared.length} requests: ${same} the same verdict, ${different} different, ` +
      `${invalid} refused by the API itself before admission.\n`,
  );
  return different === 0 ? 0 : 4;
}
