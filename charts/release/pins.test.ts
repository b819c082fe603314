import type { Pin, Release } from '@millrace/catalog/releases.ts';
import { describe, expect, it } from 'vitest';
import { commitMessage, subjectOf } from './commit-message.ts';
import { copiedPins, releasedPins } from './pins.ts';

const pin = (digit: string): Pin => ({ digest: `sha256:${digit.repeat(64)}`, revision: digit.repeat(40) });
const of = (pins: Record<string, Pin>): Release => ({ pins });
const examples: Release = { example: true, pins: { order: pin('0'), user: pin('0') } };

describe('pins that come with new images', () => {
  const released = (target: Release, images: Record<string, Pin>) => {
    const digests = new Map(Object.entries(images).map(([name, { digest }]) => [name, digest]));
    return releasedPins({ environment: 'dev', target, images: digests, revision: pin('b').revision });
  };

  it('change what was named and differs, and nothing else', () => {
    const target = of({ order: pin('a'), user: pin('a') });
    expect(released(target, { order: pin('b'), user: pin('a') })).toEqual({
      outcome: 'planned',
      release: of({ order: pin('b'), user: pin('a') }),
      changes: [{ service: 'order', before: pin('a'), after: pin('b') }],
      notes: [],
    });
  });

  it('take the place of examples only all at once', () => {
    expect(released(examples, { order: pin('b') })).toEqual({
      outcome: 'refused',
      exitCode: 2,
      reason: 'releases/dev.json holds examples, and a first release names every service. Add user to IMAGES.',
    });
    const all = released(examples, { order: pin('b'), user: pin('b'), product: pin('b') });
    expect(all).toMatchObject({ release: of({ order: pin('b'), user: pin('b'), product: pin('b') }) });
    expect(all).not.toHaveProperty('release.example');
  });
});

describe('pins that are copied', () => {
  const copied = (source: Release, target: Release, services?: string[]) =>
    copiedPins({ source, target, from: 'dev', to: 'staging', services });

  it('never take a pin away', () => {
    const plan = copied(of({ order: pin('b') }), of({ order: pin('a'), user: pin('a') }));
    expect(plan).toMatchObject({
      release: of({ order: pin('b'), user: pin('a') }),
      notes: ['dev has no release of user: staging keeps its pin.'],
    });
  });

  it('of some services leave the others', () => {
    const plan = copied(of({ order: pin('b'), user: pin('b') }), of({ order: pin('a') }), ['user']);
    expect(plan).toMatchObject({ release: of({ order: pin('a'), user: pin('b') }), notes: [] });
  });

  it('take the place of examples only all at once, and an example without an image goes', () => {
    const source = of({ order: pin('b') });
    expect(copied(source, examples, ['order'])).toMatchObject({ outcome: 'refused', exitCode: 2 });
    expect(copied(source, examples)).toMatchObject({
      release: source,
      notes: ['dev has no release of user: its example goes.'],
    });
  });

  it('are refused where there is nothing to copy', () => {
    expect(copied(of({}), of({}))).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('no release') });
    expect(copied(of({ order: pin('b') }), of({}), ['user'])).toMatchObject({
      outcome: 'refused',
      reason: 'dev has no release of user: there is nothing to copy.',
    });
  });
});

describe("a release's commit", () => {
  const change = (service: string, digit: string) => ({ service, before: undefined, after: pin(digit) });
  const facts = {
    verb: 'promote',
    environment: 'staging',
    catalogRevision: 'c'.repeat(40),
    baseRevision: 'd'.repeat(40),
    notes: [],
  } as const;

  it.each([
    [[change('order', 'a'), change('user', 'b')], 'promote staging: order aaaaaaaa, user bbbbbbbb'],
    [['a', 'b', 'e', 'f'].map((name) => change(`service-${name}`, 'a')), 'promote staging: 4 services at aaaaaaaa'],
    [['a', 'b', 'e', 'f'].map((name) => change(`service-${name}`, name)), 'promote staging: 4 services'],
    [[], 'promote staging: catalog at cccccccc'],
  ])('has a subject that fits in a line', (changes, subject) => {
    expect(subjectOf({ ...facts, changes })).toBe(subject);
  });

  it('ends with trailers, each source revision once, and where the pins came from', () => {
    const changes = [change('order', 'a'), change('user', 'a')];
    const origin = { trailer: 'Promoted-From', value: 'dev' } as const;
    expect(
      commitMessage({ ...facts, changes, origin, notes: ['Mind the gap.'] })
        .split('\n\n')
        .slice(-3),
    ).toEqual([
      'Mind the gap.',
      `To go back: git revert of this commit, or make promote TO=staging REV=${'d'.repeat(40)}.`,
      [
        'Released-Environment: staging',
        'Released-Service: order',
        'Released-Service: user',
        `Source-Revision: ${'a'.repeat(40)}`,
        `Catalog-Revision: ${'c'.repeat(40)}`,
        'Promoted-From: dev\n',
      ].join('\n'),
    ]);
  });
});
