import { describe, expect, it } from 'vitest';
import { readRelease } from './releases.ts';

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
    ['an image by tag', { pins: { order: { digest: 'latest', revision } } }, 'pins.order.digest'],
    [
      "another registry's image",
      { pins: { order: { digest: `docker.io/order@${digest}`, revision } } },
      'pins.order.digest',
    ],
    ['a digest that is too short', { pins: { order: { digest: digest.slice(0, -1), revision } } }, 'pins.order.digest'],
    ['a revision by name', { pins: { order: { digest, revision: 'main' } } }, 'pins.order.revision'],
    ['an unknown service', { pins: { loyalty: { digest, revision } } }, 'pins.loyalty'],
    ['no pins', {}, 'pins'],
  ])('with %s is refused with E050', (_, value, place) => {
    const { release, faults } = read(JSON.stringify(value));
    expect(release).toBeUndefined();
    expect(faults).toEqual([{ place: `releases/dev.json ${place}`, code: 'E050', message: expect.any(String) }]);
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
});
