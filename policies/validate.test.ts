import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { policyParameters } from './admission/parameters.ts';
import { change } from './admission/testing/cases.ts';
import { readPlatform } from './platforms.ts';
import type { Finding } from './validation/finding.ts';

const root = join(import.meta.dirname, '..');
const buildMs = 20 * 60_000;
const testMs = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'millrace-validate-'));
let environment = process.env;

/** A service in staging that nothing is said against, as `make synth` renders it. */
const service = join(import.meta.dirname, 'validation/testing/staging');

interface Ended {
  code: number;
  output: string;
  complaint: string;
}

function validate(words: readonly string[], variables: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...environment, ...variables }, cwd: root };
    const child = execFile(process.execPath, ['policies/validate.ts', ...words], options, (_, output, complaint) => {
      resolve({ code: child.exitCode ?? -1, output, complaint });
    });
  });
}

/** The findings for the service with one file changed. */
async function findingsWith(file: string, changes: Record<string, unknown>): Promise<Finding[]> {
  const copy = mkdtempSync(join(folder, 'set-'));
  cpSync(service, join(copy, 'staging'), { recursive: true });
  const path = join(copy, 'staging', file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, stringify(change(parse(text) as Record<string, unknown>, changes)));
  const { output } = await validate([copy], { JSON: '1' });
  return (JSON.parse(output) as { findings: Finding[] }).findings.filter(({ severity }) => severity === 'error');
}

const rules = (findings: readonly Finding[]): string[] => [...new Set(findings.map(({ rule }) => rule))].sort();

beforeAll(async () => {
  environment = { ...process.env, JSON: '', ENV: '' };
  // Builds the tools where that was not done yet.
  await validate([service, '--env', 'staging']);
}, buildMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('make validate', { timeout: testMs }, () => {
  it('has nothing against what is as it should be', async () => {
    const { code, output, complaint } = await validate([service, '--env', 'staging']);
    expect(complaint).not.toMatch(/: (?!.*\(warning\)).*(V|S|E|F)\d+ /);
    expect(output).toMatch(/^\d+ objects of staging: 0 errors/);
    expect(code).toBe(0);
  });

  it('tells every finding of a run, with file, rule, object and what to write', async () => {
    const copy = mkdtempSync(join(folder, 'several-'));
    cpSync(service, join(copy, 'staging'), { recursive: true });
    writeFileSync(join(copy, 'staging/broken.yaml'), 'kind: [');
    writeFileSync(
      join(copy, 'staging/service.yaml'),
      'apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: order}\nspec: {type: NodePort, prots: []}\n',
    );
    writeFileSync(
      join(copy, 'staging/two.yaml'),
      // No policy looks at these two.
      'apiVersion: v1\nkind: LimitRange\nmetadata: {name: b, namespace: order}\nspec: {limits: []}\n---\n' +
        'apiVersion: v1\nkind: LimitRange\nmetadata: {name: c, namespace: order}\nspec: {limits: [], limit: 1}\n',
    );
    writeFileSync(join(copy, 'staging/values.yaml'), 'replicas: 2\n');
    const { code, complaint, output } = await validate([copy]);
    expect(code).toBe(4);
    expect(complaint).toMatch(/broken\.yaml:1: S0 not YAML.* Mend it, or take the file out of the folder\.\n/);
    expect(complaint).toMatch(/values\.yaml:1: S0 not a Kubernetes object.* Write it, or take the file out/);
    expect(complaint).toMatch(/two\.yaml:6: S1 LimitRange c: \/spec: there is no field 'limit'/);
    expect(complaint).toMatch(/service\.yaml:1: S1 Service a: \/spec: there is no field 'prots'/);
    expect(complaint).toMatch(
      /service\.yaml:1: V19 Service order\/a: The Service opens a way in of its own\. Write type/,
    );
    expect(complaint).toMatch(/service\.yaml:1: V13 Service order\/a: A label is missing/);
    expect(output).toMatch(/ [4-9] errors/);
  });

  const deployment = 'order/deployment-order-worker.yaml';
  const spec = '/spec/template/spec';

  it('finds what admission would refuse', async () => {
    expect(rules(await findingsWith(deployment, { [`${spec}/serviceAccountName`]: 'payment' }))).toEqual(['V8']);
  });

  it('finds what Fargate would refuse', async () => {
    const found = await findingsWith(deployment, { '/spec/template/metadata/labels/millrace.dev~1zone': 'nowhere' });
    expect(rules(found).some((rule) => rule.startsWith('F'))).toBe(true);
  });

  it('finds what Terraform did not build in this environment', async () => {
    const wrong = [
      ['E080', 'arn:aws:sqs:us-east-1:111122223333:dev-millrace-order-OrderPlaced'],
      ['E080', 'arn:aws:sqs:eu-west-1:444455556666:staging-millrace-order-OrderPlaced'],
      ['E080', 'arn:aws-cn:sqs:us-east-1:444455556666:staging-millrace-order-OrderPlaced'],
      ['E080', 'arn:aws:sqs:us-east-1:444455556666:somebody'],
      ['E080', 'arn:aws:iam::444455556666:role/staging-millrace-nobody'],
      ['E080', 'sqs.us-east-1.amazonaws.com/111122223333/'],
      ['E080', '777788889999.dkr.ecr.us-east-1.amazonaws.com'],
      ['E080', 'https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-00000000-0000-0000-0000-000000000000'],
      ['E081', 'arn:aws:sqs:us-east-1:444455556666:staging-millrace-*'],
      ['E082', 'sg-00000000000000000'],
      ['E083', 'subnet-00000000000000000'],
      ['E083', 'vpc-00000000000000000'],
      ['E084', 'arn:aws:iam::444455556666:role/staging-millrace-payment'],
    ] as const;
    const right = 'arn:aws:iam::444455556666:role/staging-millrace-order';
    const values = [...wrong.map(([, value]) => value), right].map((value, index) => [`/data/PLACE_${index}`, value]);
    const found = await findingsWith('order/configmap-order.yaml', Object.fromEntries(values));
    for (const [rule, value] of wrong) {
      const own = found.filter(({ message }) => message.includes(`${value} `));
      expect(rules(own), value).toEqual([rule]);
    }
    expect(found).toHaveLength(wrong.length);
  });

  it('says how to use it', async () => {
    expect(await validate(['--help'])).toMatchObject({ code: 0, output: expect.stringContaining('Usage:') });
    expect(await validate(['--env', 'qa'])).toMatchObject({ code: 2, complaint: expect.stringContaining('E060 "qa"') });
    expect(await validate(['--env', 'dev,qa'])).toMatchObject({ code: 2 });
    expect(await validate(['--nonsense'])).toEqual({
      code: 2,
      output: '',
      complaint: 'There is no option --nonsense (--help lists them).\n',
    });
    expect(await validate(['--env'])).toMatchObject({
      code: 2,
      complaint: expect.stringMatching(/^--env needs a value/),
    });
    expect(await validate(['a', 'b'])).toMatchObject({ code: 2, complaint: expect.stringMatching(/^Give one folder/) });
    const nowhere = join(folder, 'nowhere');
    expect(await validate([nowhere])).toMatchObject({ code: 2, complaint: expect.stringContaining('make synth') });
  });

  it('reads the environments from ENV as well, where no option says them', async () => {
    const objects = async (words: string[], ENV: string): Promise<string[]> => {
      const { output } = await validate(words, { ENV, JSON: '1' });
      return (JSON.parse(output) as { environments: string[] }).environments;
    };
    expect(await objects([], 'staging, dev')).toEqual(['dev', 'staging']);
    expect(await objects(['--env', 'prod'], 'dev')).toEqual(['prod']);
    expect(await objects([], '')).toEqual([...environmentNames]);
    expect(await validate([], { ENV: 'dev,foo' })).toEqual({
      code: 2,
      output: '',
      complaint: 'ENV: E060 "foo" is no environment. Write dev, staging, prod, or several with commas.\n',
    });
  });

  it('says in one line that Go is missing', async () => {
    const cache = join(folder, 'cache');
    mkdirSync(cache);
    const ended = await validate([service, '--env', 'staging'], { XDG_CACHE_HOME: cache, PATH: '/nowhere' });
    expect(ended.code).toBe(5);
    expect(ended.complaint.split('\n').filter((line) => line.startsWith('E'))).toHaveLength(1);
    expect(ended.complaint).toContain('E910');
    expect(ended.complaint).toContain('Install Go');
    expect(ended.complaint).not.toContain('    at ');
  });
});

describe('the parameters that an environment is validated with', () => {
  it('are those that are rendered for its cluster', () => {
    for (const name of environmentNames) {
      const file = join(root, 'manifests', name, 'millrace-policy/configmap-platform-policy.yaml');
      const rendered = parse(readFileSync(file, 'utf8')) as { metadata: Record<string, string>; data: unknown };
      const own = policyParameters(readPlatform(name));
      expect(rendered.data).toEqual(own.data);
      expect(rendered.metadata).toMatchObject(own.metadata);
    }
  });
});
