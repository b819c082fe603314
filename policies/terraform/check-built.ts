import { CommandFault } from '../environment-fault.ts';
import type { Built } from './built.ts';
import { readBuilt } from './built.ts';
import { contractFaults } from './contract-text.ts';
import { driftLine, driftOf } from './drift/drift.ts';
import { unencryptedIn } from './guards/encryption.ts';
import { allowedWildcards, judgeWildcards, wildcardsIn } from './guards/wildcards.ts';
import { factFaults, writeFacts } from './kept-facts.ts';
import type { StepResult, Workshop } from './steps.ts';

/** Two cores: one Terraform and one provider each. */
const atOnce = 2;

/** What each environment builds, held against the catalog and against the rules for all of them. */
export async function checkBuilt({ environments }: Workshop, isWriting: boolean): Promise<StepResult> {
  const all: Built[] = [];
  const refused: string[] = [];
  const waiting = [...environments];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      try {
        all.push(await readBuilt(name));
      } catch (error) {
        if (!(error instanceof CommandFault) || error.exitCode !== 4) throw error;
        refused.push(...error.message.split('\n'));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const ordered = environments.flatMap((name) => all.find(({ environment }) => environment === name) ?? []);
  if (isWriting) writeFacts(ordered);
  const counts = ordered.map(({ environment, resources }) => `${environment} ${resources.length}`);
  return {
    summary: `${counts.join(', ')} resources`,
    faults: [
      ...refused,
      ...ordered.flatMap((built) => builtFaults(built).map((line) => `${built.environment}: ${line}`)),
    ],
  };
}

/** Every line that is to be mended in what one environment builds. */
export function builtFaults(built: Built): string[] {
  const { left, unused } = judgeWildcards(wildcardsIn(built), allowedWildcards());
  const list = 'policies/terraform/guards/wildcards.json';
  return [
    ...driftOf(built).map(driftLine),
    ...left.map(
      ({ address, where, what }) => `${address}: ${what} in "${where}": name it, or give the reason in ${list}`,
    ),
    // Prod has all that others have: what nothing needs there, nothing needs.
    ...(built.environment === 'prod' ? unused : []).map(
      ({ where }) => `${list}: "${where}" matches nothing. Remove it.`,
    ),
    ...unencryptedIn(built).map(
      (address) => `${address}: keeps things without a key of ours, or is open to the outside`,
    ),
    ...factFaults(built),
    ...contractFaults(built),
  ];
}
