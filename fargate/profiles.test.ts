import { planProfiles, zoneLabel } from '@millrace/catalog/profiles.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern, matchProfile, readProfiles } from './profiles.ts';

const pod = (namespace: string, labels: Record<string, string> = {}) => ({ namespace, labels });
const profile = (name: string, namespace: string, labels: Record<string, string> = {}) => ({
  name,
  selectors: [{ namespace, labels }],
  zones: [],
});

describe('matching a profile', () => {
  const profiles = [profile('web', 'sh?p', { app: 'web' }), profile('all', 'shop*'), profile('kube', 'kube-system')];

  it('needs the namespace and every label', () => {
    expect(matchProfile(pod('kube-system'), profiles)).toMatchObject({ outcome: 'matched', all: ['kube'] });
    expect(matchProfile(pod('ship', { app: 'mail' }), profiles)).toEqual({
      outcome: 'none',
      nearest: 'web wants app=web',
    });
    expect(matchProfile(pod('blog'), profiles)).toEqual({ outcome: 'none', nearest: undefined });
  });

  it('takes the first by name of several, and says that it is ambiguous', () => {
    const match = matchProfile(pod('shop', { app: 'web' }), profiles);
    expect(match).toMatchObject({
      outcome: 'matched',
      profile: { name: 'all' },
      all: ['all', 'web'],
      isAmbiguous: true,
    });
  });

  it('takes the one that the label names, if that selects the pod', () => {
    const named = (name: string) => pod('shop', { app: 'web', 'eks.amazonaws.com/fargate-profile': name });
    expect(matchProfile(named('web'), profiles)).toMatchObject({ profile: { name: 'web' }, isAmbiguous: false });
    expect(matchProfile(named('kube'), profiles)).toMatchObject({ outcome: 'wrong-label', exists: true });
    expect(matchProfile(named('gone'), profiles)).toMatchObject({ outcome: 'wrong-label', exists: false });
  });

  it('finds one profile of the catalog for every slice, and the platform’s for its parts', () => {
    for (const environment of ['dev', 'staging', 'prod'] as const) {
      const planned = planProfiles(environment);
      const names = ['any', 'a', 'b', 'c'].map((slice) => matchProfile(pod('order', { [zoneLabel]: slice }), planned));
      expect(names.map((match) => match.outcome === 'matched' && match.all.length)).toEqual([1, 1, 1, 1]);
      expect(matchProfile(pod('argocd'), planned)).toMatchObject({ outcome: 'matched', isAmbiguous: false });
    }
  });
});

describe('wildcards', () => {
  it('mean what a regular expression of them means', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (glob, is) => {
        const expression = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesPattern(glob, is)).toBe(expression.test(is));
      }),
      { numRuns: 2000 },
    );
  });

  it('do not take long, whatever the pattern', () => {
    expect(matchesPattern(`${'*a'.repeat(2000)}b`, 'a'.repeat(4000))).toBe(false);
  });
});

describe('a file of profiles', () => {
  const selectors = [{ namespace: 'shop', labels: { app: 'web' } }];

  it.each([
    [
      'eksctl',
      `kind: ClusterConfig\nfargateProfiles: [{name: web, selectors: ${JSON.stringify(selectors)}, subnets: [s-1]}]`,
    ],
    ['a list', `[{name: web, selectors: ${JSON.stringify(selectors)}, zones: [s-1]}]`],
    ['the AWS command', JSON.stringify({ fargateProfile: { fargateProfileName: 'web', selectors, subnets: ['s-1'] } })],
  ])('is read as %s', (_, text) => {
    expect(readProfiles(text)).toEqual({ outcome: 'read', profiles: [{ name: 'web', selectors, zones: ['s-1'] }] });
  });

  it.each([
    ['', /no Fargate profiles/],
    ['a: [', /not YAML/],
    ['kind: Pod', /no Fargate profiles/],
    ['[{selectors: []}]', /profile 1 has no name/],
    ['[1, 2]', /no Fargate profiles/],
  ])('"%s" is refused with a reason', (text, reason) => {
    expect(readProfiles(text)).toEqual({ outcome: 'refused', message: expect.stringMatching(reason) });
  });
});
