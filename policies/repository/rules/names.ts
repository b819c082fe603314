import { posix } from 'node:path';
import type { Rule } from '../tree.ts';

const banned = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'shared',
  'misc',
  'manager',
  'base',
  'data',
  'info',
]);

/** A name that could hold anything ends up holding everything. */
export const tellingNames: Rule = {
  name: 'files and folders are named after the thing they hold',
  check: (tree) =>
    tree.files.flatMap((file) =>
      file.path
        .split('/')
        .filter((part) => banned.has(lastWord(part)))
        .map((part) => ({ path: file.path, line: 1, message: `"${part}" says nothing: name the thing or inline it` })),
    ),
};

/** `order-utils.test.ts` → `utils` */
function lastWord(part: string): string {
  const stem = posix.basename(part).replace(/^\.+/, '').split('.')[0] ?? '';
  return stem.split(/[-_]/).at(-1)?.toLowerCase() ?? '';
}
