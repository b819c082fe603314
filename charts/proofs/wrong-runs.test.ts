import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const repository = join(import.meta.dirname, '../..');
const catalog = join(repository, 'catalog');
const testMs = 180_000;
const root = mkdtempSync(join(tmpdir(), 'millrace-runs-'));
afterAll(() => rmSync(root, { recursive: true }));

const url = (file: string): string => pathToFileURL(join(catalog, file)).href;
/** The first lines of a catalog that starts from the real one. */
const imports = `import { services as real } from '${url('services.ts')}';\nimport { on, service } from '${url('service.ts')}';\n`;
/** A catalog in which one service is changed by an expression over `s`. */
const changed = (name: string, change: string): string =>
  `${imports}void on; void service;\nexport const services = real.map((s) => (s.name === '${name}' ? { ...s, ${change} } : s));\n`;

interface Run {
  code: number;
  lines: string[];
  out: string;
}

/** Runs `make synth`'s program over a catalog of one file or more; `out` held something before. */
async function synth(files: Record<string, string>, ...words: string[]): Promise<Run> {
  const folder = mkdtempSync(join(root, 'run-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const out = join(folder, 'manifests');
  mkdirSync(join(out, 'dev/order'), { recursive: true });
  writeFileSync(join(out, 'dev/order/old.yaml'), 'kept: true\n');
  const args = [join(repository, 'charts/main.ts'), '--catalog', join(folder, 'services.ts'), '--out', out, ...words];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: dirname(folder) });
    return { code: 0, lines: [], out };
  } catch (fault) {
    const { code, stderr } = fault as { code: number; stderr: string };
    return { code, lines: stderr.trimEnd().split('\n'), out };
  }
}

const isUntouched = ({ out }: Run): boolean =>
  readFileSync(join(out, 'dev/order/old.yaml'), 'utf8') === 'kept: true\n' && !existsSync(join(out, 'prod'));

describe('make synth with a wrong catalog', { timeout: testMs }, () => {
  it.each([
    ['E001', 'that is empty', { 'services.ts': '' }, /services\.ts: E001 the file is empty\./],
    [
      'E002',
      'that asks for an export that is not there',
      { 'services.ts': "import { b } from './own.ts';\nexport const services = [b];", 'own.ts': 'export const a = 1;' },
      /E002 does not load: .*'b'.* Export it there/,
    ],
    [
      'E002',
      'with broken syntax',
      { 'services.ts': 'export const services = [\n  {,\n];' },
      /services\.ts(:2)?: E002 does not load: /,
    ],
    [
      'E003',
      'whose imports go round',
      {
        'services.ts': "import { b } from './own.ts';\nexport const services = [b];",
        'own.ts': "import './services.ts';\nexport const b = 1;",
      },
      /E003 imports go round: .*services\.ts → .*own\.ts → .*services\.ts\./,
    ],
    [
      'E004',
      'of the wrong kind',
      { 'services.ts': 'export const services = { order: 1 };' },
      /E004 services is object/,
    ],
    [
      'E010',
      'with a typing error',
      { 'services.ts': changed('order', 'replcias: 1') },
      /services\.ts order\.replcias: E010 /,
    ],
    [
      'E051',
      'with a key in it',
      { 'services.ts': changed('order', `purpose: '${'AKIA'}IOSFODNN7EXAMPLE'`) },
      /order\.purpose: E051 the value looks like an AWS access key\./,
    ],
    [
      'E004',
      'that does not say whether it is about people',
      { 'services.ts': changed('order', 'dataClass: undefined') },
      /order\.dataClass: E004 is not known\. Write one of personal, internal\./,
    ],
    [
      'E091',
      'that calls a service which nothing reaches',
      {
        'services.ts': changed(
          'analytics',
          'workloads: { ...s.workloads, api: { ...s.workloads.api, routes: undefined } }',
        ),
      },
      /dashboard\.access\[1\]: E091 analytics has no routes, so nothing answers there\./,
    ],
    [
      'E035',
      'that filters on what an event has not',
      {
        'services.ts': changed('user', 'consumes: s.consumes.map((c) => ({ ...c, filter: { data: { cost: [1] } } }))'),
      },
      /user\.consumes\[0\]\.filter\.data\.cost: E035 OrderPlaced has no field data\.cost\./,
    ],
  ])('says %s for one %s, with exit code 3, and writes nothing', async (_, __, files, line) => {
    const run = await synth(files as Record<string, string>);
    expect(run.lines.join('\n')).toMatch(line);
    expect(run.lines.every((each) => /^\S.*: [EWX]\d{3} .+[.?]$/.test(each))).toBe(true);
    expect(run.lines.join('\n')).not.toMatch(/IOSFODNN7|\n\s+at /);
    expect([run.code, isUntouched(run)]).toEqual([3, true]);
  });

  it('says everything in one run, sorted, the same each time', async () => {
    const text = changed(
      'order',
      "inboxDays: 7, colour: 'red', access: [{ kind: 'bucket', name: '*', allow: 'read' }]",
    );
    const [first, second] = await Promise.all([synth({ 'services.ts': text }), synth({ 'services.ts': text })]);
    const codes = first.lines.map((line) => / ([EWX]\d{3}) /.exec(line)?.[1]);
    expect(new Set(codes)).toEqual(new Set(['E010', 'E042', 'E081']));
    const bare = (run: Run): string[] => run.lines.map((line) => line.replace(/^\S+/, ''));
    expect(bare(second)).toEqual(bare(first));
    expect([first.code, isUntouched(first)]).toEqual([3, true]);
  });

  it('says what is wrong with a platform contract, with exit code 3', async () => {
    const platform = join(root, 'platform');
    mkdirSync(platform);
    for (const name of ['dev', 'staging', 'prod'])
      cpSync(join(catalog, `platform.${name}.json`), join(platform, `platform.${name}.json`));
    const contract = JSON.parse(readFileSync(join(platform, 'platform.prod.json'), 'utf8'));
    writeFileSync(
      join(platform, 'platform.prod.json'),
      JSON.stringify({ ...contract, edge: { ...contract.edge, wafAclArn: undefined } }),
    );
    const run = await synth(
      { 'services.ts': `export { services } from '${url('services.ts')}';` },
      '--platform',
      platform,
    );
    expect(run.lines).toEqual([
      expect.stringMatching(/platform\.prod\.json edge\.wafAclArn: E062 there is no web ACL\./),
    ]);
    expect([run.code, isUntouched(run)]).toEqual([3, true]);
  });
});
