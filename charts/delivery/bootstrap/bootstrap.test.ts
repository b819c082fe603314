import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { filesOf } from '../../manifest-text.ts';
import { told } from '../testing/told.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-bootstrap-'));
const manifests = join(root, 'manifests');
const cluster = 'arn:aws:eks:us-east-1:111122223333:cluster/dev-millrace';
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(() => {
  const folder = join(manifests, 'dev');
  for (const [path, text] of filesOf([...told('dev').values()])) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});

interface Run {
  code: number;
  out: string;
  error: string;
  /** The programs that were run, with their words and what they were given. */
  calls: { words: string; input: string }[];
}

/** Programs that write down how they are called; `answers` gives what they say by a part of their words. */
async function bootstrap(
  words: readonly string[],
  given: { programs?: string[]; answers?: object } = {},
): Promise<Run> {
  const folder = mkdtempSync(join(root, 'bin-'));
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  const answers = { 'config view': cluster, template: 'kind: Chart', ...given.answers };
  for (const name of given.programs ?? ['kubectl', 'helm']) {
    const text = `#!${process.execPath}
const fs = require('node:fs');
const words = ['${name}', ...process.argv.slice(2)].join(' ');
const isGiven = /--(filename|values) -/.test(words);
fs.appendFileSync('${log}', JSON.stringify({ words, input: isGiven ? fs.readFileSync(0, 'utf8') : '' }) + '\\n');
const answer = Object.entries(${JSON.stringify(answers)}).find(([part]) => words.includes(part))?.[1];
if (answer === 'fails') { process.stderr.write('Error: it is not there.\\n'); process.exit(1); }
process.stdout.write(answer ?? '');
`;
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
  const main = join(import.meta.dirname, 'main.ts');
  const calls = (): Run['calls'] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Run['calls'][number])
      .filter(({ words: said }) => !said.endsWith('--help'));
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...words], { env: { PATH: folder } });
    return { code: 0, out: stdout, error: stderr, calls: calls() };
  } catch (fault) {
    const { code, stdout, stderr } = fault as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, error: stderr, calls: calls() };
  }
}

const usual = ['--env', 'dev', '--context', 'mine', '--folder', manifests];

describe('the bootstrap of Argo CD', () => {
  it('applies the chart with the values from Git, waits, and hands over to the root Application', async () => {
    const { code, out, calls } = await bootstrap(usual);
    expect([code, out]).toEqual([0, expect.stringContaining('https://argocd.dev.millrace.example')]);
    const verbs = calls.map(({ words }) => words.replace(/^kubectl --context mine |--namespace argocd /g, ''));
    expect(verbs.map((words) => words.split(' ').slice(0, 3).join(' '))).toEqual([
      'kubectl config view',
      'apply --server-side --force-conflicts',
      'helm template argocd',
      'apply --server-side --force-conflicts',
      'wait --for condition=Established',
      'rollout status statefulset/argocd-application-controller',
      'rollout status deployment/argocd-repo-server',
      'rollout status deployment/argocd-applicationset-controller',
      ...Array.from({ length: 5 }, () => 'apply --server-side --force-conflicts'),
    ]);
  });

  it('gives the chart exactly what its Application will give it', async () => {
    const { calls } = await bootstrap(usual);
    const { source } = told('dev').get('application-argo-cd').spec;
    const chart = calls.find(({ words }) => words.startsWith('helm'));
    expect(chart?.words).toBe(
      `helm template argocd argo-cd --repo ${source.repoURL} --version ${source.targetRevision} --namespace argocd --values -`,
    );
    expect(parse(chart?.input ?? '')).toEqual(source.helm.valuesObject);
    const applied = calls.filter(({ words }) => words.includes(' apply ')).map(({ input }) => parse(input));
    expect(applied.map(({ kind, metadata }) => `${kind} ${metadata?.name}`)).toEqual([
      'Namespace argocd',
      'Chart undefined',
      'AppProject default',
      'AppProject platform',
      'AppProject add-ons',
      'AppProject cluster',
      'Application root',
    ]);
    for (const { words } of calls.filter(({ words: said }) => said.startsWith('kubectl'))) {
      expect(words).toContain('--context mine');
    }
  });

  it('runs nothing when it is only to say what it would run', async () => {
    const { code, out, calls } = await bootstrap([...usual, '--dry-run']);
    expect([code, calls]).toEqual([0, []]);
    expect(out).toContain('helm template argocd argo-cd');
    expect(out.trim().split('\n')).toHaveLength(11);
  });

  it.each([
    [
      'another cluster',
      usual,
      { answers: { 'config view': cluster.replace('dev', 'prod') } },
      4,
      'is of cluster arn:aws:eks',
    ],
    ['a program that is not there', usual, { programs: ['kubectl'] }, 5, 'helm: not on PATH'],
    ['a chart that cannot be read', usual, { answers: { template: 'fails' } }, 5, 'Error: it is not there. Mend that'],
    ['no manifests', ['--env', 'prod', '--context', 'mine', '--folder', manifests], {}, 3, 'Run "make synth"'],
    ['two environments', ['--env', 'dev,prod', '--context', 'mine'], {}, 2, 'Write one environment'],
    ['no context', ['--env', 'dev'], {}, 2, 'Write the context'],
    ['an unknown word', ['--evn', 'dev'], {}, 2, 'There is no option'],
  ])('refuses %s in one line, and applies nothing', async (_, words, given, code, line) => {
    const run = await bootstrap(words, given);
    expect(run.code).toBe(code);
    expect(run.error.trim().split('\n').at(-1)).toContain(line);
    expect(run.calls.filter(({ words: said }) => / apply .*AppProject|Chart/.test(said))).toEqual([]);
  });
});
