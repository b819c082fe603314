import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FargateReport } from './check.ts';

const other = join(import.meta.dirname, 'fixtures/other-project');
const profiles = join(other, 'profiles.yaml');

/** The command as a user runs it: a process of its own, through the file that npx starts. */
function millrace(words: readonly string[], input = '') {
  const command = join(import.meta.dirname, 'millrace.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words], { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const check = (...words: string[]) => millrace(['fargate-check', ...words]);

function reportOf(folder: string): FargateReport {
  const { stdout } = check(join(other, folder), '--profiles', profiles, '--json');
  return JSON.parse(stdout) as FargateReport;
}

const rulesOf = ({ findings }: FargateReport): string[] =>
  findings.map(({ file, rule, name, object }) => `${file} ${rule} ${name} ${object}`.trim());

describe("another project's manifests", () => {
  it('plain Deployments get a report that helps', () => {
    const report = reportOf('plain');
    expect(rulesOf(report)).toEqual([
      'api.yaml F02 step-crossing Deployment api',
      'api.yaml F04 requests-equal-limits Deployment api',
      'api.yaml F14 affinity Deployment api',
      'api.yaml F14 one-zone Deployment api',
      'api.yaml F16 budget-missing Deployment api',
      'api.yaml F21 load-balancer Service api',
      'logs.yaml F06 daemon-set DaemonSet monitoring/log-agent',
      'logs.yaml F06 host-namespaces DaemonSet monitoring/log-agent',
      'logs.yaml F06 privileged DaemonSet monitoring/log-agent',
      'logs.yaml F07 volume-type DaemonSet monitoring/log-agent',
      'nightly.yaml F04 memory-unit CronJob nightly-report',
      'nightly.yaml F24 job-ttl CronJob nightly-report',
      'nightly.yaml F27 file-limits CronJob nightly-report',
      'postgres.yml F04 requests-missing StatefulSet postgres',
      'postgres.yml F09 claim-template StatefulSet postgres',
    ]);
    expect(report.pods.map(({ name, profile, verdict, plan }) => [name, profile, verdict, plan.size])).toEqual([
      ['api', 'fp-default', 'runs', '0.5vCPU 2GB'],
      ['log-agent', '', 'never', '0.25vCPU 0.5GB'],
      ['nightly-report', 'fp-default', 'runs', '0.25vCPU 0.5GB'],
      ['postgres', 'fp-default', 'refused', '0.25vCPU 0.5GB'],
    ]);
    expect(report.pods[3]?.schedulerSays).toBe(
      'Pod not supported on Fargate: volumes not supported: data not supported because: PVC data-postgres-0 not bound',
    );
    expect(report.totals).toMatchObject({ replicas: 4, usdPerMonth: expect.closeTo(3 * 21.2649, 3) });
    expect(report.unreadable.map(({ file, reason }) => [file, reason])).toEqual([
      ['docker-compose.yaml', 'not-kubernetes'],
    ]);
  });

  it("a Helm chart's output too, with the scheduler's words", () => {
    const report = reportOf('helm-output');
    expect(report.pods[0]).toMatchObject({
      replicas: 2,
      verdict: 'refused',
      schedulerSays:
        'Pod not supported on Fargate: invalid SecurityContext fields: Capabilities added: NET_BIND_SERVICE',
      plan: { size: '1vCPU 2GB', request: { vcpu: 1, memoryMib: 1792 } },
    });
    expect(report.patchDay.targets).toMatchObject([{ kind: 'Service', podsLeft: 0, hasDowntime: true }]);
    expect(report.findings.filter(({ severity }) => severity === 'error').map(({ name }) => name)).toEqual([
      'node-port',
      'budget-blocks',
      'capabilities',
      'ingress-target',
      'requests-missing',
    ]);
  });

  it("kustomize's output without an error ends well", () => {
    const { status, stdout, stderr } = check(join(other, 'kustomize-output'), '--profiles', profiles);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/Deployment shop-prod\/web +2 +fp-shop +0\.5vCPU 1GB +18\.02 +0\.00 +36\.04 +runs/);
    expect(stdout).toMatch(/Service shop-prod\/web +1 of 2 +stays up/);
    expect(stdout).toMatch(/1 workload, 2 pods, \$36\.04 a month: 0 errors, 1 warning, 0 notes\.\n$/);
    expect(status).toBe(0);
  });

  it('a chart that is not rendered is told of, and how to render it', () => {
    const { status, stdout, stderr } = check(join(other, 'raw-chart'));
    expect([status, stderr]).toEqual([4, '']);
    expect(stdout).toMatch(/templates\/deployment\.yaml\n +line 6: error F00 unreadable-file/);
    expect(stdout).toContain('helm template NAME CHART');
  });

  it('may come from standard input', () => {
    const text =
      'apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: x}\nspec: {template: {spec: {containers: []}}}\n';
    const { status, stdout } = millrace(['fargate-check', '-'], text);
    expect(stdout).toContain('NEVER RUNS');
    expect(status).toBe(4);
  });

  it('works for every folder at once, without profiles and with those of an environment', () => {
    for (const words of [[], ['--environment', 'prod'], ['--cluster-security-group', 'sg-0a1b']]) {
      const { status, stdout, stderr } = check(other, ...words);
      expect([status, stderr]).toEqual([4, '']);
      expect(stdout).not.toMatch(/undefined|NaN|\[object/);
    }
  });
});

describe('the command', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fargate-check-'));
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'text'));
    writeFileSync(join(folder, 'text/values.yaml'), 'a: 1\n');
    writeFileSync(join(folder, 'bad-profiles.yaml'), 'kind: Pod\n');
    symlinkSync(join(folder, 'round.yaml'), join(folder, 'round.yaml'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([[['--help']], [['fargate-check', '--help']], [['help']]])('%j tells how to use it', (words) => {
    const { status, stdout, stderr } = millrace(words);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: millrace fargate-check DIR/);
  });

  it('--version is that of the repository', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
      version: string;
    };
    expect(millrace(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [[], /no command/],
    [['fargate-chek', '.'], /no command "fargate-chek"/],
    [['fargate-check'], /give one folder/],
    [['fargate-check', 'a', 'b'], /give one folder/],
    [['--nonsense'], /^millrace: there is no option --nonsense \(--help lists them\)\.$/m],
    [['fargate-check', '.', '--jsn'], /^millrace: there is no option --jsn \(--help lists them\)\.$/m],
    [['fargate-check', '.', '--profiles'], /^millrace: --profiles needs a value \(--help lists the options\)\.$/m],
    [['fargate-check', '.', '--environment', 'test'], /dev, staging, prod/],
    [['fargate-check', '.', '--environment', 'dev', '--profiles', 'x'], /Give one of them/],
    [['fargate-check', '.', '--profile-quota', '0'], /1 to 9999/],
    [['fargate-check', '.', '--cluster-security-group', 'default'], /sg-/],
  ])('%j is wrong usage', (words, line) => {
    const { status, stdout, stderr } = millrace(words);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it.each([
    ['nowhere', [], /no such file or folder/, 2],
    ['empty', [], /no YAML/, 2],
    ['text', [], /no Kubernetes object/, 2],
    ['text', ['--profiles', 'nowhere.yaml'], /nowhere\.yaml: there is no such file/, 2],
    ['text', ['--profiles', 'bad-profiles.yaml'], /bad-profiles\.yaml: no Fargate profiles/, 2],
    ['text', ['--profiles', 'empty'], /empty: is a folder/, 2],
  ])('a place that gives nothing is told in one line: %s %j', (place, words, line, exitCode) => {
    const paths = words.map((word) => (word.startsWith('--') ? word : join(folder, word)));
    const { status, stdout, stderr } = check(join(folder, place), ...paths);
    expect([status, stdout]).toEqual([exitCode, '']);
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('a place that the machine cannot open is not the user’s mistake', () => {
    const { status, stdout, stderr } = check(join(folder, 'round.yaml'));
    expect([status, stdout]).toEqual([5, '']);
    expect(stderr).toMatch(/^millrace: .*round\.yaml.*\n$/);
  });
});
