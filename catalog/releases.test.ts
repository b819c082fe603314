import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentNames } from './environments.ts';
import { readRelease, releaseText } from './releases.ts';
import { services } from './services.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const revision = 'b'.repeat(40);
const good = { pins: { order: { digest, revision } } };
const read = (text: string, environment: 'dev' | 'prod' = 'dev') =>
  readRelease(text, { environment, services: ['order'] });

describe('a release', () => {
  it('is read', () => {
    expect(read(JSON.stringify(good))).toEqual({ release: good, faults: [] });
  });

  it.each([
    ['an image by tag', { pins: { order: { digest: 'latest', revision } } }, 'pins.order.digest', 'write sha256:'],
    [
      "another registry's image",
      { pins: { order: { digest: `docker.io/order@${digest}`, revision } } },
      'pins.order.digest',
      'write sha256:',
    ],
    [
      'a digest that is too short',
      { pins: { order: { digest: digest.slice(0, -1), revision } } },
      'pins.order.digest',
      '64 hex digits',
    ],
    [
      'a revision by name',
      { pins: { order: { digest, revision: 'main' } } },
      'pins.order.revision',
      'write the 40 hex digits',
    ],
    ['a pin without a revision', { pins: { order: { digest } } }, 'pins.order.revision', 'is missing. Write a string.'],
    ['an unknown service', { pins: { loyalty: { digest, revision } } }, 'pins.loyalty', 'Known: order.'],
    ['no pins', {}, 'pins', 'is missing. Write an object.'],
    ['pins in a list', { pins: ['order'] }, 'pins', 'is an array. Write an object.'],
    ['pins in a text', { pins: 'order' }, 'pins', 'is a string. Write an object.'],
    ['nothing in it', null, '', 'is null. Write an object.'],
  ])('with %s is refused with E050', (_, value, place, message) => {
    const { release, faults } = read(JSON.stringify(value));
    expect(release).toBeUndefined();
    expect(faults).toEqual([
      { place: `releases/dev.json ${place}`.trim(), code: 'E050', message: expect.stringContaining(message) },
    ]);
  });

  it('with a setting that nothing reads is refused with E010 and the one that was meant', () => {
    const text = JSON.stringify({ pins: { order: { digest, revison: revision } } });
    expect(read(text).faults).toEqual([
      {
        place: 'releases/dev.json pins.order.revison',
        code: 'E010',
        message: '"revison" is not a setting. Did you mean revision?',
      },
    ]);
  });

  it('that is not JSON is refused with E050', () => {
    expect(read('{').faults).toEqual([
      { place: 'releases/dev.json', code: 'E050', message: expect.stringContaining('is not JSON') },
    ]);
  });

  it('of examples is refused in prod with E052', () => {
    const text = JSON.stringify({ example: true, ...good });
    expect(read(text).faults).toEqual([]);
    expect(read(text, 'prod').faults.map(({ code }) => code)).toEqual(['E052']);
  });

  it('is told of all its faults at once: a broken pin hides no other', () => {
    const pins = { order: { digest: 'latest', revision }, loyalty: { digest, revision: 'main' } };
    const { faults } = read(JSON.stringify({ example: true, pins }), 'prod');
    expect(faults.map(({ place, code }) => `${place} ${code}`)).toEqual([
      'releases/prod.json E052',
      'releases/prod.json pins.loyalty E050',
      'releases/prod.json pins.loyalty.revision E050',
      'releases/prod.json pins.order.digest E050',
    ]);
  });

  it('that holds a secret is refused with E051, and the secret is not said', () => {
    const secret = `ghp_${'a1'.repeat(15)}`;
    const pins = { order: { digest: secret, revision }, [secret]: { digest, revision } };
    const { faults } = read(JSON.stringify({ pins }));
    expect(faults.filter(({ code }) => code === 'E051').map(({ place }) => place)).toEqual([
      'releases/dev.json pins.<key>',
      'releases/dev.json pins.order.digest',
    ]);
    expect(JSON.stringify(faults)).not.toContain(secret);
  });

  it('has one text, whatever the order in which its pins came', () => {
    const pin = { digest, revision };
    const text = releaseText({ pins: { user: { revision, digest }, order: pin } }, ['order', 'user']);
    expect(text).toBe(releaseText({ pins: { order: pin, user: pin } }, ['order', 'user']));
    expect(text).toBe(
      `{\n  "pins": {\n    "order": {\n      "digest": "${digest}",\n      "revision": "${revision}"\n    },\n    "user": {\n      "digest": "${digest}",\n      "revision": "${revision}"\n    }\n  }\n}\n`,
    );
  });

  it.each(environmentNames)('of %s in this repository is written as releaseText writes it', (environment) => {
    const names = services.map(({ name }) => name);
    const text = readFileSync(join(import.meta.dirname, `../releases/${environment}.json`), 'utf8');
    const { release } = readRelease(text, { environment, services: names });
    expect(release && releaseText(release, names)).toBe(text);
  });
});
