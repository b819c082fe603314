import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseCopy } from './testing/release-copy.ts';
import { copyForReleases, digestOf, imagesOf } from './testing/release-copy.ts';

const hookMs = 300_000;
const testMs = 180_000;

describe('going back to older code', { timeout: testMs }, () => {
  let copy: ReleaseCopy;
  beforeAll(() => {
    copy = copyForReleases();
    copy.release(imagesOf());
    copy.git('tag', 'first');
    copy.write('services/order/migrations/0009_add_note.sql', 'alter table "order" add column note text;\n');
    copy.write(
      'services/user/migrations/0009_end_points.sql',
      '-- drop table\nalter table points drop column spent;\n',
    );
    copy.write('services/product/migrations/0009_add_hint.sql', '-- later: drop table hint\ncreate table hint ();\n');
    const placed = readFileSync(join(copy.root, 'catalog/published/OrderPlaced.v1.json'), 'utf8');
    copy.write('catalog/published/OrderPlaced.v2.json', placed);
    copy.commit('newer code');
    copy.release(imagesOf(['order', 'user', 'product', 'payment'], 'second'));
  }, hookMs);
  afterAll(() => copy.remove());

  it('tells of migrations that stay, of those that took something away, and of events that the older code does not know', () => {
    const run = copy.promote(['--to', 'dev', '--rev', 'first']);
    expect(run.code).toBe(0);
    const notes = run.err.split('\n').filter((line) => /^(order|user|product|payment): /.test(line));
    const [old] = [copy.git('rev-parse', 'start').slice(0, 8)];
    const adds = `has run and stays, and ${old} does not know it. It only adds, so the older code should work with it (expand, deploy, contract): read it first.`;
    expect(notes.filter((line) => line.includes('.sql'))).toEqual([
      `order: 0009_add_note.sql ${adds}`,
      `product: 0009_add_hint.sql ${adds}`,
      `user: 0009_end_points.sql has run and stays, and ${old} does not know it. It takes something away: the older code may need that. Go back only to a release that has it.`,
    ]);
    expect(notes.filter((line) => line.includes('OrderPlaced'))).toEqual(
      ['order', 'product', 'user'].map((name) =>
        expect.stringContaining(`${name}: OrderPlaced.v2 came after ${old}. A consumer that goes back sends them`),
      ),
    );
    expect(copy.git('log', '-1', '--format=%b')).toContain(notes[0]);
  });

  it('forward again there is nothing to tell', () => {
    const run = copy.release({ order: digestOf('order', 'third') });
    expect([run.code, run.out]).toEqual([0, expect.not.stringContaining('0009')]);
  });

  it('says when this clone does not know the revisions', () => {
    const strange = 'f'.repeat(40);
    copy.edit('releases/dev.json', (text) => text.replace(/"revision": "\w{40}"/, `"revision": "${strange}"`));
    copy.run('charts/main.ts');
    copy.commit('of another clone');
    const run = copy.promote(['--to', 'dev', '--rev', 'first', '--service', 'analytics']);
    expect(run.err).toMatch(/^Whether analytics would go back over a migration is unknown: .*\("git fetch"\)\.$/m);
  });
});
