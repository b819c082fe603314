import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RepositoryCopy } from './testing/repository-copy.ts';
import { copyRepository } from './testing/repository-copy.ts';

/** The tools of `make validate` are built from Go modules where this machine has not done so yet. */
const buildMs = 15 * 60_000;

interface Answer {
  notes: string[];
  environments: { name: string; policies: { appeared: { rule: string; object: string }[]; gone: unknown[] } }[];
}

describe('make diff and the admission policies', () => {
  let copy: RepositoryCopy;
  const diff = (words: string[]): Answer => {
    // As a person runs it: the tools are found where this machine keeps them.
    const { code, out, err } = copy.run('charts/diff/main.ts', [...words, '--json'], { ...process.env } as Record<
      string,
      string
    >);
    if (code !== 0) throw new Error(err);
    return JSON.parse(out) as Answer;
  };

  beforeAll(() => {
    copy = copyRepository({ withPolicies: true });
    expect(copy.run('charts/main.ts').code).toBe(0);
    copy.commit('start');
    copy.git('tag', 'start');
    copy.edit('manifests/dev/order/service-order-api.yaml', (text) => text.replace('ClusterIP', 'NodePort'));
    copy.commit('a door');
  });
  afterAll(() => copy.remove());

  it(
    'a policy that a change breaks is a new finding with its object, and mended on the way back',
    () => {
      const there = diff(['--from', 'start', '--to', 'HEAD']);
      expect(there.notes).toEqual([]);
      const [dev, ...others] = there.environments;
      expect(dev?.policies.appeared).toContainEqual(
        expect.objectContaining({ rule: expect.stringContaining('V19'), object: 'Service order/order-api' }),
      );
      for (const { policies } of others) expect(policies).toEqual({ appeared: [], gone: [] });
      const back = diff(['--from', 'HEAD', '--to', 'start']).environments[0]?.policies;
      expect(back?.appeared).toEqual([]);
      expect(back?.gone).toEqual(dev?.policies.appeared);
    },
    buildMs,
  );

  it('a program that gives no answer is a note, not a fault', () => {
    copy.write('policies/validate.ts', 'process.stderr.write("E912 no Go here\\n"); process.exitCode = 5;\n');
    const { notes, environments } = diff(['--from', 'start', '--to', 'HEAD']);
    expect(notes).toEqual(['Schemas and admission policies were not evaluated: E912 no Go here. See "make validate".']);
    expect(environments[0]?.policies.gone).toEqual([]);
  });
});
