import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readConfig } from '../config.ts';
import { saidBy } from './built.ts';
import { runTerraform } from './run-terraform.ts';
import type { StepResult, Workshop } from './steps.ts';
import { diagnosticLine } from './steps.ts';
import { hashOf, markOf } from './working-copy.ts';

const deadlineMs = 1_800_000;
/** Two cores: one Terraform and one provider each. */
const atOnce = 2;

/** What a line of `terraform test -json` may say. */
interface Message {
  type: string;
  '@level'?: string;
  test_run?: { run: string; progress?: string; status?: string };
  diagnostic?: Parameters<typeof diagnosticLine>[0];
}

/** `terraform test` of every file in terraform/tests, two at a time. What passed and did not change since is not run again. */
export async function runModuleTests(workshop: Workshop, options: { isFresh: boolean }): Promise<StepResult> {
  const files = globSync('tests/*.tftest.hcl', { cwd: workshop.folder }).sort();
  if (files.length === 0) return { summary: '0 files', faults: ['terraform/tests: there are no tests'] };
  const results: { passed: number; isKept: boolean; faults: string[] }[] = [];
  const ready = await runTerraform(workshop.terraform, ['init', '-input=false', '-backend=false'], {
    folder: workshop.folder,
    deadlineMs,
  });
  if (ready.code !== 0) return { summary: 'init failed', faults: [saidBy(ready.complaint)] };
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      results.push(await testFile(workshop, { file, ...options }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const kept = results.filter(({ isKept }) => isKept).length;
  const summary = `${passed} runs of ${files.length} files${kept > 0 ? `, ${kept} of them unchanged since they passed` : ''}`;
  return { summary, faults: results.flatMap(({ faults }) => faults) };
}

async function testFile(
  workshop: Workshop,
  { file, isFresh }: { file: string; isFresh: boolean },
): Promise<{ passed: number; isKept: boolean; faults: string[] }> {
  const mark = passedFile(workshop, file);
  const known = /-(\d+)$/.exec(globSync(`${mark}-*`)[0] ?? '')?.[1];
  if (!isFresh && known !== undefined) return { passed: Number(known), isKept: true, faults: [] };
  const faults: string[] = [];
  let passed = 0;
  const hear = (line: string): void => {
    const message = messageOf(line);
    if (message?.type === 'test_run' && message.test_run?.progress === 'complete') {
      if (message.test_run.status === 'pass') passed += 1;
      else faults.push(`terraform/${file}: run "${message.test_run.run}" ${message.test_run.status}`);
    }
    if (message?.diagnostic?.severity === 'error')
      faults.push(`terraform/${file}: ${diagnosticLine(message.diagnostic)}`);
  };
  const ended = await runTerraform(workshop.terraform, ['test', '-json', `-filter=${file}`], {
    folder: workshop.folder,
    deadlineMs,
    onLine: hear,
  });
  if (ended.code !== 0 && faults.length === 0) faults.push(`terraform/${file}: ${saidBy(ended.complaint) || 'failed'}`);
  if (passed === 0 && faults.length === 0) faults.push(`terraform/${file}: no run was run`);
  process.stderr.write(`  ${basename(file, '.tftest.hcl')}: ${passed} runs, ${ended.seconds.toFixed(0)} s\n`);
  if (faults.length === 0) keepMark(`${mark}-${passed}`);
  return { passed, isKept: false, faults };
}

function messageOf(line: string): Message | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}

/** Everything that a file of tests depends on: its modules, the functions' zips, Terraform and the providers. */
function passedFile({ terraform, folder }: Workshop, file: string): string {
  const named = readFileSync(join(folder, file), 'utf8').matchAll(/source\s*=\s*"\.\/([\w/-]+)"/g);
  const own = new Set([...named].map(([, path = '']) => path));
  // The platform calls all others.
  const parts = own.has('modules/platform') ? ['modules', 'environments'] : [...own];
  const hash = hashOf(folder, [file, ...parts]);
  const name = `${basename(file, '.tftest.hcl')}-${hash}-${markOf(terraform)}`;
  return join(readConfig().toolCache, '../terraform/passed', name);
}

function keepMark(path: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
}
