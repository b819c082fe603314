import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openImageBehaviours } from './image-behaviour.ts';
import { digest, imageOf } from './testing.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-images-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the behaviour of images', () => {
  test('is to run, unless said', () => {
    const images = openImageBehaviours(join(folder, 'new'));
    images.set(digest('a'), 'crashes');
    expect([images.of(imageOf('a')), images.of(imageOf('b')), images.of('order:latest'), images.of(undefined)]).toEqual(
      ['crashes', 'runs', 'runs', 'runs'],
    );
  });

  test('is still known to the process that comes after', () => {
    openImageBehaviours(folder).set(digest('a'), 'never-ready');
    const images = openImageBehaviours(folder);
    expect(images.all()).toEqual({ [digest('a')]: 'never-ready' });
    images.set(digest('a'), 'runs');
    expect(openImageBehaviours(folder).all()).toEqual({});
  });

  test('is forgotten at once by a reset', () => {
    const images = openImageBehaviours(folder);
    images.set(digest('a'), 'fails');
    images.reset();
    expect(JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8'))).toEqual({});
  });

  test('says in one line what is wrong with its file', () => {
    writeFileSync(join(folder, 'images.json'), '{"latest": "runs"}');
    expect(() => openImageBehaviours(folder)).toThrow(/^E918 .*images\.json cannot be used: .* Remove it/);
  });
});
