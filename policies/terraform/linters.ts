import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { runScanner } from '../scanning/run-scanner.ts';
import { findTool } from '../tools/build-tool.ts';
import { runProgram } from './run-terraform.ts';
import type { StepResult, Workshop } from './steps.ts';

const fetchDeadlineMs = 120_000;
const minReasonCharacters = 20;

interface Issue {
  rule: { name: string };
  message: string;
  range: { filename: string; start: { line: number } };
}

/** tflint over every module and root: unused, untyped, undocumented, deprecated; with its plugin also what AWS does not know. */
export async function runTflint({ folder }: Workshop): Promise<StepResult> {
  const program = await findTool('tflint');
  const plugins = await awsPlugin(program);
  const config = join(import.meta.dirname, plugins ? 'tflint-aws.hcl' : 'tflint.hcl');
  const environment = { ...readConfig().environment, ...(plugins && { TFLINT_PLUGIN_DIR: plugins }) };
  const words = [program, '--recursive', `--config=${config}`, '--format=json'];
  const ended = await runProgram(words, { folder, environment, deadlineMs: fetchDeadlineMs });
  const found = JSON.parse(ended.output || '{"issues":[],"errors":[]}') as {
    issues: Issue[];
    errors: { message: string }[];
  };
  const issues = found.issues
    .filter((issue) => !isOnlyValidated(issue, folder))
    .map(({ rule, message, range }) => `terraform/${range.filename}:${range.start.line}: ${rule.name}: ${message}`);
  const errors = found.errors.map(({ message }) => `tflint: ${message}`);
  if (ended.output === '') errors.push(`tflint: ${ended.complaint.split('\n')[0]}`);
  const summary = plugins ? "with AWS's rules" : "without AWS's rules (FETCH=1 brings their plugin from GitHub)";
  return { summary, faults: [...issues, ...errors] };
}

/** A variable may be there for validations alone, such as a quota; tflint does not look into those. */
function isOnlyValidated({ rule, message, range }: Issue, folder: string): boolean {
  const name = /^variable "(\w+)" is declared but not used/.exec(message)?.[1];
  if (rule.name !== 'terraform_unused_declarations' || name === undefined) return false;
  return new RegExp(`\\bvar\\.${name}\\b`).test(readFileSync(join(folder, range.filename), 'utf8'));
}

/** The folder of tflint's plugin for AWS: what was fetched before, or with FETCH=1 now. */
async function awsPlugin(program: string): Promise<string | undefined> {
  const { toolCache, environment } = readConfig();
  const config = join(import.meta.dirname, 'tflint-aws.hcl');
  const version = /version = "([\d.]+)"/.exec(readFileSync(config, 'utf8'))?.[1] ?? '';
  const folder = join(toolCache, `tflint-plugins-${version}`);
  const isThere = (): boolean => globSync('**/tflint-ruleset-aws*', { cwd: folder }).length > 0;
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  if (!isThere() && environment['FETCH'] === '1') {
    await runProgram([program, '--init', `--config=${config}`], {
      folder,
      environment: { ...environment, TFLINT_PLUGIN_DIR: folder },
      deadlineMs: fetchDeadlineMs,
    });
    if (!isThere()) process.stderr.write("tflint's plugin for AWS could not be fetched.\n");
  }
  return isThere() ? folder : undefined;
}

interface CheckovResult {
  results?: { failed_checks?: CheckovCheck[]; skipped_checks?: CheckovCheck[] };
  summary?: { passed: number; parsing_errors: number };
}

interface CheckovCheck {
  check_id: string;
  check_name: string;
  resource: string;
  file_path: string;
  file_line_range: [number, number];
  check_result: { suppress_comment?: string };
}

/** checkov's Terraform checks. An exemption is a comment in the block, with its reason in a sentence. */
export async function runCheckovOverTerraform({ folder }: Workshop): Promise<StepResult> {
  const program = await findTool('checkov');
  const words = [
    '-m',
    'checkov.main',
    '-d',
    '.',
    '--framework',
    'terraform',
    '--compact',
    '-o',
    'json',
    '--skip-download',
  ];
  const report = (await runScanner({ scanner: 'checkov', program, words, folder })) as CheckovResult;
  const { failed_checks = [], skipped_checks = [] } = report.results ?? {};
  const lines = failed_checks.map(
    ({ check_id, check_name, resource, file_path, file_line_range }) =>
      `terraform${file_path}:${file_line_range[0]}: ${check_id} ${resource.replace(/^module\..*\.(aws_)/, '$1')}: ${check_name}`,
  );
  const bare = skipped_checks
    .filter(({ check_result }) => (check_result.suppress_comment ?? '').length < minReasonCharacters)
    .map(
      ({ check_id, file_path, file_line_range }) =>
        `terraform${file_path}:${file_line_range[0]}: ${check_id} is exempt without a reason`,
    );
  const unread = report.summary?.parsing_errors ?? 0;
  const faults = [...new Set([...lines, ...bare])].sort();
  if (!report.summary?.passed) faults.push('checkov looked at nothing');
  if (unread > 0) faults.push(`checkov could not read ${unread} files`);
  const exempt = new Set(
    skipped_checks.map(({ check_id, file_path, file_line_range }) => `${check_id} ${file_path} ${file_line_range[0]}`),
  );
  return {
    summary: `${report.summary?.passed ?? 0} checks passed, ${faults.length} failed, ${exempt.size} exempt with a reason each`,
    faults,
  };
}
