import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Mutant, Verdict } from './evaluate.ts';
import { evaluate } from './evaluate.ts';
import { readPolicies } from './policies.ts';
import type { Case } from './testing/cases.ts';
import { readCases } from './testing/cases.ts';
import { setOf } from './testing/sets.ts';

const buildMs = 20 * 60_000;
const testMs = 300_000;
const policies = readPolicies();
const cases = readCases();
let answer: Answer;
const verdicts = new Map<string, Verdict>();

beforeAll(async () => {
  answer = await evaluate({ policies, sets: cases.map(setOf), typeCheck: true, mutants: true });
  for (const verdict of answer.verdicts) verdicts.set(verdict.id, verdict);
}, buildMs);

function verdictOf({ request }: Case): Verdict {
  const verdict = verdicts.get(request.id);
  if (!verdict) throw new Error(`no verdict of ${request.id}`);
  return verdict;
}

describe('every policy, evaluated by Kubernetes', () => {
  it("passes the API server's type check", () => {
    expect(answer.warnings).toEqual([]);
  });

  it('has cases with names of their own', () => {
    expect(cases.length).toBe(new Set(cases.map(({ request }) => request.id)).size);
    expect(verdicts.size).toBe(cases.length);
  });

  for (const policy of policies) {
    const own = cases.filter((each) => each.policy === policy.metadata.name);
    describe(policy.metadata.name, () => {
      it('looks at every case, at some that pass and at some that do not', () => {
        expect(own.filter((each) => verdictOf(each).error !== undefined).map(verdictOf)).toEqual([]);
        // A case that no policy looked at would pass for the wrong reason. Kubernetes' own objects are left alone.
        const unseen = own.filter((each) => !verdictOf(each).matched.includes(policy.metadata.name));
        expect(unseen.filter(({ request }) => !isKubernetesOwn(request.object)).map(({ name }) => name)).toEqual([]);
        expect(own.some(({ refused }) => refused.length === 0)).toBe(true);
        expect(own.some(({ refused }) => refused.length > 0)).toBe(true);
      });

      it('passes what is good and refuses what is bad with the message of its rule, and no other', () => {
        for (const each of own) {
          const said = verdictOf(each).denied.map(({ message }) => message);
          expect(
            verdictOf(each).denied.filter(({ isError }) => isError),
            each.name,
          ).toEqual([]);
          // bad.yaml is bad in any way it likes; a case breaks one rule.
          if (each.name.startsWith('bad ')) expect(said.length, each.name).toBeGreaterThan(0);
          else expect(said, each.name).toEqual(each.refused.map((part) => expect.stringContaining(part)));
        }
      });
    });
  }
});

describe('every condition of every policy', { timeout: testMs }, () => {
  it('is needed: with it taken out, a case ends otherwise', async () => {
    const mutated = answer.mutants.map((mutant, index) => {
      const policy = structuredClone(policies.find(({ metadata }) => metadata.name === mutant.policy));
      const changed = policy?.spec[mutant.field]?.[mutant.index];
      if (!policy || !changed) throw new Error(`no policy ${mutant.policy}`);
      policy.metadata.name = `${mutant.policy}-${index}`;
      changed.expression = mutant.expression;
      return { ...mutant, name: policy.metadata.name, policy, of: mutant.policy };
    });
    const sets = cases.map((each) => {
      const names = mutated.filter(({ of }) => of === each.policy).map(({ name }) => name);
      const set = setOf(each);
      return { ...set, requests: names.map((name) => ({ ...each.request, id: name, policies: [name] })) };
    });
    const { verdicts: found } = await evaluate({ policies: mutated.map(({ policy }) => policy), sets });
    const byName = new Map(mutated.map((mutant) => [mutant.name, mutant]));
    const killed = new Set(found.filter((verdict) => isKilled(byName.get(verdict.id), verdict)).map(({ id }) => id));
    const survivors = mutated.filter(({ name }) => !killed.has(name));
    expect(
      survivors.map(({ of, field, index, without, as }) => `${of} ${field} ${index}: ${without} as ${as}`),
    ).toEqual([]);
    for (const kind of kindsOfMutants) expect(mutated.some(kind)).toBe(true);
    expect(mutated.length).toBeGreaterThan(policies.flatMap(({ spec }) => spec.validations).length);
  });
});

type Change = Pick<Mutant, 'field' | 'as' | 'expression'>;

const kindsOfMutants: ((mutant: Change) => boolean)[] = [
  ({ field, as }) => field === 'validations' && as,
  ({ field, as }) => field === 'validations' && !as,
  ({ field, expression }) => field === 'matchConditions' && expression === 'true',
];

/** A validation with less in it lets a refused case pass; every other change makes a case be refused by other validations. */
function isKilled(mutant: Change | undefined, verdict: Verdict): boolean {
  const before = verdicts.get(verdict.set);
  if (!mutant || !before || verdict.error) return false;
  if (mutant.field === 'validations' && mutant.as) return before.denied.length > 0 && verdict.denied.length === 0;
  const refusedBy = ({ denied }: Verdict): string => denied.map(({ validation }) => validation).join();
  return refusedBy(verdict) !== refusedBy(before);
}

function isKubernetesOwn(object: unknown): boolean {
  const { name } = (object as { metadata?: { name?: string } } | undefined)?.metadata ?? {};
  return name === 'default' || name === 'kube-root-ca.crt';
}
