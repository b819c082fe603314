import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RepositoryCopy, Run } from './testing/repository-copy.ts';
import { copyRepository } from './testing/repository-copy.ts';

interface DiffJson {
  from: string;
  to: string;
  headlines: string[];
  contracts: { contract: string; change: string; breaks: { pointer: string; reason: string }[] }[];
  environments: {
    name: string;
    deleted: { resource: string; consequence: string }[];
    changed: { resource: string; fields: { path: string; before?: string; after?: string }[] }[];
    added: string[];
    restarts: { resource: string; pods: number; how: string }[];
    restartingPods: number;
    widened: { subject: string; what: string }[];
    releases: { service: string }[];
    policies: { appeared: { rule: string; object: string }[] };
    notes: string[];
    usdPerMonth: {
      before: number;
      after: number;
      difference: number;
      services: { service: string; difference: number }[];
    };
  }[];
}

const hookMs = 300_000;
const testMs = 180_000;

const inCents = (usd: number): number => Math.round(usd * 100);

describe('make diff', { timeout: testMs }, () => {
  let copy: RepositoryCopy;
  const run = (words: string[], variables?: Record<string, string>): Run =>
    copy.run('charts/diff/main.ts', words, variables);
  const known = new Map<string, Run>();
  /** Between two refs the answer never changes, so that tests share it; `run` asks anew. */
  const diff = (words: string[]): Run => {
    const key = words.join(' ');
    const answer = (words.includes('--to') && known.get(key)) || run(words);
    known.set(key, answer);
    return answer;
  };
  const json = (words: string[]): DiffJson => {
    const { code, out, err } = diff([...words, '--json']);
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out) as DiffJson;
  };
  const dev = (report: DiffJson): DiffJson['environments'][number] => {
    const found = report.environments.find(({ name }) => name === 'dev');
    if (!found) throw new Error('dev is missing');
    return found;
  };
  const synth = (): void => {
    const { code, err } = copy.run('charts/main.ts');
    if (code !== 0) throw new Error(err);
  };
  /** A change on a branch of its own, off the first commit. */
  const branch = (name: string, change: () => void): void => {
    copy.git('checkout', '--quiet', '-B', name, 'start');
    change();
    copy.commit(name);
  };
  const manifest = (path: string): string => `manifests/dev/${path}`;

  beforeAll(() => {
    copy = copyRepository();
    copy.run('catalog/outputs.ts');
    synth();
    copy.commit('start');
    copy.git('tag', 'start');
    branch('less-order', () => {
      copy.git(
        'rm',
        '--quiet',
        manifest('order/scaledobject-order-worker.yaml'),
        manifest('order/deployment-order-worker.yaml'),
      );
      copy.edit(manifest('order/deployment-order-api.yaml'), (text) => text.replace('/readyz', '/ready'));
    });
    branch('bigger', () => {
      copy.edit('catalog/services.ts', (text) =>
        text.replace(
          "size: '0.5 vCPU / 1 GB',\n      replicas: perEnvironment(1, 3, 3)",
          "size: '1 vCPU / 2 GB',\n      replicas: perEnvironment(1, 3, 3)",
        ),
      );
      synth();
    });
    copy.git('checkout', '--quiet', 'main');
  }, hookMs);
  afterAll(() => copy.remove());

  it('between a commit and itself, or the working tree that renders it, nothing changes', () => {
    expect(diff(['--from', 'start', '--to', 'HEAD']).out).toMatch(
      /^start \(\w{10}\) → HEAD \(\w{10}\)\nnothing changes\n/,
    );
    const { out, code } = diff(['--from', 'start']);
    expect([code, out.split('\n')[1]]).toEqual([0, 'nothing changes']);
    expect(out).toMatch(/→ working tree\n/);
  });

  it('a deletion comes first and loud, with what it does', () => {
    const { out } = diff(['--from', 'start', '--to', 'less-order']);
    const lines = out.split('\n');
    expect(lines[1]).toMatch(/^2 deleted · /);
    expect(lines.slice(2, 6)).toEqual([
      '',
      'DELETED',
      '  ✗ dev: Deployment order/order-worker (1 pod stops)',
      '  ✗ dev: ScaledObject order/order-worker (nobody adds pods when queues fill)',
    ]);
    expect(out.indexOf('DELETED')).toBeLessThan(out.indexOf('CHANGED'));
  });

  it('the pods that restart are named, with how many and why', () => {
    const report = dev(json(['--from', 'start', '--to', 'less-order']));
    expect(report.restarts).toHaveLength(1);
    expect(report.restarts[0]).toMatchObject({ resource: 'Deployment order/order-api', pods: 1, how: 'one-by-one' });
    expect(diff(['--from', 'start', '--to', 'less-order']).out).toContain(
      '↻ Deployment order/order-api: 1 pod, one by one (containers[order].readinessProbe.httpGet.path)',
    );
  });

  it('a field that changes is shown with both values', () => {
    const { changed } = dev(json(['--from', 'start', '--to', 'less-order']));
    expect(changed).toEqual([
      {
        resource: 'Deployment order/order-api',
        fields: [
          {
            path: 'spec.template.spec.containers[order].readinessProbe.httpGet.path',
            before: '/readyz',
            after: '/ready',
          },
        ],
      },
    ]);
  });

  it('the difference in cost adds up: of the services, and of both sides', () => {
    for (const { usdPerMonth } of json(['--from', 'start', '--to', 'bigger']).environments) {
      const { before, after, difference, services } = usdPerMonth;
      expect(inCents(after) - inCents(before)).toBe(inCents(difference));
      expect(services.reduce((sum, service) => sum + inCents(service.difference), 0)).toBe(inCents(difference));
    }
    const { usdPerMonth } = dev(json(['--from', 'start', '--to', 'bigger']));
    expect(usdPerMonth.services.map(({ service }) => service)).toEqual(['user']);
    expect(inCents(usdPerMonth.difference)).toBe(1802);
    const text = diff(['--from', 'start', '--to', 'bigger']).out;
    expect(text).toMatch(/\n {2}user +18\.02|\n {2}user +27\.03 +45\.05 +\+18\.02/);
  });

  it('back again is the same with the signs turned', () => {
    const [there, back] = [json(['--from', 'start', '--to', 'bigger']), json(['--from', 'bigger', '--to', 'start'])];
    expect(back.environments.map(({ usdPerMonth }) => 0 - inCents(usdPerMonth.difference))).toEqual(
      there.environments.map(({ usdPerMonth }) => inCents(usdPerMonth.difference)),
    );
    const added = json(['--from', 'less-order', '--to', 'start']);
    expect(dev(added).added).toEqual(['Deployment order/order-worker', 'ScaledObject order/order-worker']);
    expect(dev(added).deleted).toEqual([]);
  });

  it('a role that may do more is named with action and resource', () => {
    const file = 'terraform/environments/dev/catalog.auto.tfvars.json';
    branch('wider', () => {
      copy.edit(file, (text) => {
        const inputs = JSON.parse(text) as { catalog: { roles: Record<string, { grants: unknown[] }> } };
        const conditions: unknown[] = [];
        const grant = { sid: 'New', actions: ['s3:PutObject'], resources: ['arn:aws:s3:::else/*'], conditions };
        inputs.catalog.roles['dev-millrace-order']?.grants.push(grant);
        return JSON.stringify(inputs);
      });
      copy.edit(manifest('order/securitygrouppolicy-order.yaml'), (text) =>
        text.replace(/(\n +)- "?sg-/, '$1- "sg-00000000000000001"$&'),
      );
    });
    copy.git('checkout', '--quiet', 'main');
    const { widened } = dev(json(['--from', 'start', '--to', 'wider']));
    expect(widened).toContainEqual({
      subject: 'role dev-millrace-order',
      what: 'may s3:PutObject on arn:aws:s3:::else/*',
    });
    expect(widened).toContainEqual({
      subject: 'SecurityGroupPolicy order/order',
      what: 'pods are in sg-00000000000000001',
    });
    expect(diff(['--from', 'start', '--to', 'wider']).out).toContain('ACCESS WIDENS');
    expect(dev(json(['--from', 'wider', '--to', 'start'])).widened).toEqual([]);
  });

  it('a contract that breaks its readers is named with the field; one that grows is not loud', () => {
    branch('broken', () => {
      copy.edit('catalog/published/OrderPlaced.v1.json', (text) => text.replace('"maximum": 1000', '"maximum": 10'));
      copy.edit('catalog/published/OrderShipped.v1.json', (text) =>
        text.replace('"properties": {', '"properties": { "carrier": { "type": "string" },'),
      );
    });
    copy.git('checkout', '--quiet', 'main');
    const { contracts, headlines } = json(['--from', 'start', '--to', 'broken']);
    expect(contracts).toEqual([
      {
        contract: 'OrderPlaced.v1',
        change: 'changed',
        breaks: [{ pointer: '/items/*/quantity', reason: 'maximum was 1000 and is now 10' }],
      },
      { contract: 'OrderShipped.v1', change: 'changed', breaks: [] },
    ]);
    expect(headlines).toEqual(['1 event contract breaks', '1 event contract grows']);
    expect(diff(['--from', 'start', '--to', 'broken']).out).toContain(
      '✗ OrderPlaced.v1 /items/*/quantity: maximum was 1000',
    );
  });

  it('a rule of Fargate that a change breaks is a finding, and gone again on the way back', () => {
    branch('privileged', () => {
      copy.edit(manifest('order/deployment-order-api.yaml'), (text) =>
        text.replace(/allowPrivilegeEscalation: false/, 'allowPrivilegeEscalation: true'),
      );
    });
    copy.git('checkout', '--quiet', 'main');
    const report = dev(json(['--from', 'start', '--to', 'privileged']));
    expect(report.policies.appeared.map(({ rule, object }) => `${rule.slice(0, 3)} ${object}`)).toContain(
      'F07 Deployment order/order-api',
    );
    expect(report.widened).toEqual([
      { subject: 'Deployment order/order-api', what: 'container order may gain privileges' },
    ]);
    expect(dev(json(['--from', 'privileged', '--to', 'start'])).policies.appeared).toEqual([]);
  });

  it('a change of the catalog shows before it is committed or rendered', () => {
    copy.edit('catalog/services.ts', (text) => text.replace('cpuPercent: 60, max: 4', 'cpuPercent: 60, max: 9'));
    const report = dev(json(['--from', 'HEAD']));
    copy.git('checkout', '--quiet', '--', 'catalog');
    expect(report.changed.map(({ resource }) => resource)).toEqual(['HorizontalPodAutoscaler dashboard/dashboard-api']);
    expect(report.usdPerMonth.difference).toBe(0);
  });

  it('a release is named with its revision', () => {
    branch('released', () => {
      copy.edit('releases/dev.json', (text) => {
        const release = JSON.parse(text) as { pins: Record<string, unknown> };
        release.pins['order'] = { digest: `sha256:${'a'.repeat(64)}`, revision: 'b'.repeat(40) };
        return JSON.stringify(release);
      });
      synth();
    });
    copy.git('checkout', '--quiet', 'main');
    const { out } = diff(['--from', 'start', '--to', 'released']);
    expect(out).toContain('order: 000000000000 → bbbbbbbbbbbb');
    expect(out).not.toContain('DELETED');
    expect(out).toContain('↻ Job order/order-migrate-bbbbbbbbbbbb: runs again');
  });

  it('two environments are compared without the names that only say which one it is', () => {
    const report = json(['--from', 'dev', '--to', 'staging']);
    expect([report.from, report.to]).toEqual(['dev', 'staging']);
    const [environment] = report.environments;
    expect(environment?.name).toBe('dev → staging');
    const fields = environment?.changed.flatMap((change) => change.fields) ?? [];
    expect(fields.length).toBeGreaterThan(5);
    for (const { before, after } of fields)
      expect(`${before} ${after}`).not.toMatch(/dev-|staging|111122223333|444455556666/);
    expect(json(['--from', 'dev', '--to', 'dev']).headlines).toEqual(['nothing differs']);
  });

  it('the same input gives the same bytes, and JSON says the same as the text and the Markdown', () => {
    const words = ['--from', 'start', '--to', 'less-order'];
    const [text, again, markdown] = [diff(words), run(words), diff([...words, '--format', 'markdown'])];
    expect(again.out).toBe(text.out);
    const report = json(words);
    for (const line of report.headlines) {
      expect(text.out).toContain(line);
      expect(markdown.out).toContain(line);
    }
    for (const { deleted, changed, restarts } of report.environments) {
      for (const { resource } of [...deleted, ...changed, ...restarts]) {
        expect(text.out).toContain(resource);
        expect(markdown.out).toContain(resource);
      }
    }
    expect(markdown.out.indexOf('### 🛑 Deleted')).toBeGreaterThan(0);
    expect(run(words, { FORMAT: 'markdown' }).out).toBe(markdown.out);
    expect(run([], { FROM: 'start', TO: 'less-order', JSON: '1' }).out).toBe(diff([...words, '--json']).out);
    expect(text.out).not.toContain('\u001b[');
  });
});
