import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readConfig } from '../config.ts';

/** A check that one program makes of the whole repository. */
export interface Check {
  name: string;
  group: 'types' | 'lint' | 'build';
  words: string[];
  deadlineSeconds: number;
}

/** Fixtures break the rules on purpose. */
export const oxlint = ['oxlint', '--type-aware', '--deny-warnings', '--ignore-pattern', '**/fixtures/**'];

/** Built from pinned modules the first time, which takes minutes; the checks and tests below count on them. */
const ourTools = ['node', 'policies/tools/main.ts', 'kubeconform', 'admission', 'actionlint', 'zizmor', 'tflint'];

export function allChecks(): Check[] {
  return [
    check('types of what Node runs', 'types', ['tsc', '--noEmit', '-p', 'tsconfig.json']),
    check('types of what a browser runs', 'types', ['tsc', '--noEmit', '-p', 'tsconfig.browser.json']),
    check('format, lint and import order', 'lint', [
      'biome',
      'check',
      '--error-on-warnings',
      '--max-diagnostics=50',
      '.',
    ]),
    check('promises that nobody awaits', 'lint', oxlint),
    check('the page builds', 'build', ['node', 'services/dashboard/build.ts']),
    check('event contracts are current', 'build', ['node', 'catalog/publish.ts', '--check']),
    check("Terraform's inputs are current", 'build', ['node', 'catalog/outputs.ts', '--check']),
    check('generated pages are current', 'build', ['node', 'charts/docs/main.ts', '--check']),
    { ...check('programs of other people are there, or are built', 'build', ourTools), deadlineSeconds: 2_400 },
    check('manifests are current', 'build', ['node', 'charts/main.ts', '--check']),
    check('manifests hold every rule', 'build', ['node', 'policies/validate.ts']),
    ...terraformChecks(),
  ];
}

/** Terraform is used where it is installed; what asks a provider wants the offline ones, or a mirror that is named. */
function terraformChecks(): Check[] {
  const { environment } = readConfig();
  const isInstalled = (environment['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, 'terraform')));
  if (!isInstalled) return [];
  const offline = join(import.meta.dirname, '../../../shared/tools/terraform-aws-offline/build');
  const hasProviders = existsSync(offline) || environment['TF_CLI_CONFIG_FILE'] !== undefined;
  const words = ['node', 'policies/terraform/main.ts', ...(hasProviders ? [] : ['fmt', 'tflint', 'checkov'])];
  const name = hasProviders
    ? 'terraform holds every rule'
    : 'terraform is formatted and linted (no provider at hand for the rest)';
  return [{ ...check(name, 'build', words), deadlineSeconds: 2_400 }];
}

/** The tools come from npm: without them every check would fail for the same reason. */
export function hasTools(root: string): boolean {
  return ['tsc', 'biome', 'oxlint', 'vite', 'vitest'].every((tool) =>
    existsSync(join(root, 'node_modules/.bin', tool)),
  );
}

function check(name: string, group: Check['group'], words: string[]): Check {
  return { name, group, words, deadlineSeconds: 300 };
}
