// `make terraform`: everything that can be said of terraform/ without a cloud.
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { readConfig } from '../config.ts';
import { CommandFault, runCommand, UsageFault } from '../environment-fault.ts';
import { tellTime } from '../tools/turn.ts';
import { checkBuilt } from './check-built.ts';
import { findTerraform } from './find-terraform.ts';
import { runCheckovOverTerraform, runTflint } from './linters.ts';
import { runModuleTests } from './module-tests.ts';
import type { StepResult, Workshop } from './steps.ts';
import { checkFormat, checkRoots, checkValues } from './steps.ts';
import { copySources, leaveOnSignals } from './working-copy.ts';

const usage = `Usage: node policies/terraform/main.ts [step …] [--env dev,staging,prod] [--fresh] [--write]

Checks terraform/ on a copy of it. Steps, all of them without a name:
  fmt       Terraform's format
  values    what environments say is known, and their inputs are the catalog's
  validate  init and validate of each environment and of the place for their states
  built     what each environment builds: equal to the catalog both ways, encrypted, without wildcards that nobody gave
            a reason for, as many as catalog/built.json says, and a platform contract that synth takes
  test      terraform test: plans of each module with right and with wrong values
  tflint    unused, untyped, undocumented, deprecated
  checkov   AWS's good practice; an exemption is a comment in the block with its reason

  --env LIST  only these environments (variable ENV)
  --write     write catalog/built.json from what is built: counts, and what is billed
  --fresh     run tests again that passed and whose modules did not change (variable FRESH=1)
  --help      this text
  FETCH=1     fetch tflint's plugin for AWS from GitHub, once

"test" and "built" want the offline providers beside the repository (../shared/tools/terraform-aws-offline), which need no
account. Without them both are left out, and the last line says so.

Exit codes: 0 nothing to mend, 2 wrong usage, 4 something to mend, 5 the machine lacks something.
`;

interface Switches {
  isFresh: boolean;
  isWriting: boolean;
}

const steps: Record<
  string,
  { needsOffline: boolean; run: (workshop: Workshop, options: Switches) => Promise<StepResult> }
> = {
  fmt: { needsOffline: false, run: checkFormat },
  values: { needsOffline: false, run: checkValues },
  validate: { needsOffline: false, run: checkRoots },
  built: { needsOffline: true, run: (workshop, { isWriting }) => checkBuilt(workshop, isWriting) },
  test: { needsOffline: true, run: (workshop, options) => runModuleTests(workshop, options) },
  tflint: { needsOffline: false, run: runTflint },
  checkov: { needsOffline: false, run: runCheckovOverTerraform },
};

leaveOnSignals();
await runCommand(usage, check);

async function check(words: readonly string[]): Promise<number> {
  const { names, isNamed, environments, switches } = readWords(words);
  const terraform = await findTerraform();
  const copy = copySources();
  const startedAt = performance.now();
  let faults = 0;
  const leftOut: string[] = [];
  try {
    for (const name of names) {
      const step = steps[name];
      if (!step) continue;
      if (step.needsOffline && !terraform.isOffline) {
        leftOut.push(name);
        continue;
      }
      faults += await runStep(name, () => step.run({ terraform, folder: copy.folder, environments }, switches));
    }
  } finally {
    copy.remove();
  }
  const without =
    leftOut.length > 0
      ? `; without ${leftOut.join(' and ')}: no offline providers at ../shared/tools/terraform-aws-offline`
      : '';
  process.stdout.write(`terraform: ${faults} to mend, ${seconds(startedAt)}${without}\n`);
  if (faults > 0) return 4;
  // Whoever asked for it by name is not told that all is well.
  return isNamed && leftOut.length > 0 ? 5 : 0;
}

/** A line for the step, then what is to be mended; gives how much that is. */
async function runStep(name: string, run: () => Promise<StepResult>): Promise<number> {
  const startedAt = performance.now();
  const quiet = tellTime(name);
  try {
    const { summary, faults } = await run();
    const found = faults.length > 0 ? `, ${faults.length} to mend` : '';
    process.stdout.write(`${faults.length === 0 ? '✓' : '✗'} ${name}: ${summary}${found} (${seconds(startedAt)})\n`);
    for (const line of faults) process.stdout.write(`    ${line}\n`);
    return faults.length;
  } catch (error) {
    // What Terraform refuses is something to mend; what the machine lacks ends the command.
    if (!(error instanceof CommandFault) || error.exitCode !== 4) throw error;
    process.stdout.write(`✗ ${name} (${seconds(startedAt)})\n    ${error.message}\n`);
    return 1;
  } finally {
    quiet();
  }
}

function seconds(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

interface Asked {
  names: string[];
  /** Or all of them, because none was named. */
  isNamed: boolean;
  environments: EnvironmentName[];
  switches: Switches;
}

function readWords(words: readonly string[]): Asked {
  const { environment, environments } = readConfig();
  const names: string[] = [];
  let wanted = environments;
  const switches: Switches = { isFresh: environment['FRESH'] === '1', isWriting: false };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--env') wanted = rest.shift() ?? '';
    else if (word === '--fresh') switches.isFresh = true;
    else if (word === '--write') switches.isWriting = true;
    else if (Object.hasOwn(steps, word)) names.push(word);
    else throw new UsageFault(`E919 there is no step or option ${word}. Steps: ${Object.keys(steps).join(' ')}`);
  }
  const isNamed = names.length > 0;
  return { names: isNamed ? names : Object.keys(steps), isNamed, environments: environmentsIn(wanted), switches };
}

function environmentsIn(text: string | undefined): EnvironmentName[] {
  if (text === undefined) return [...environmentNames];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !environmentNames.some((known) => known === name));
  if (unknown !== undefined) throw new UsageFault(`E919 there is no environment "${unknown}".`);
  return environmentNames.filter((name) => names.includes(name));
}
