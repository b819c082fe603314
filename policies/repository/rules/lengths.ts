import type { Node } from '../syntax.ts';
import { isNode, nameOf, walk } from '../syntax.ts';
import type { Breach, Rule, TreeFile } from '../tree.ts';
import { isTypeScript } from '../tree.ts';

const maxFileLines = 300;
const maxFunctionLines = 60;
const counted = /\.(ts|tsx|css|sql|sh|html|tf)$|(^|\/)Makefile$/;

export const fileLengths: Rule = {
  name: `a file has at most ${maxFileLines} lines`,
  check: (tree) =>
    tree.files
      .filter((file) => counted.test(file.path))
      .flatMap((file) => {
        const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
        if (lines <= maxFileLines) return [];
        return [{ path: file.path, line: 1, message: `${lines} lines, ${maxFileLines} are allowed: split it by noun` }];
      }),
};

/** The callback of `describe` is a list of tests, not a function that one has to hold in mind. */
export const functionLengths: Rule = {
  name: `a function has at most ${maxFunctionLines} lines`,
  check: (tree) => tree.files.filter(isTypeScript).flatMap(longFunctions),
};

function longFunctions(file: TreeFile): Breach[] {
  const { program, lineOf } = file.syntax();
  const breaches: Breach[] = [];
  for (const { node, around } of walk(program)) {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) continue;
    if (isSuite(around.at(-1))) continue;
    const line = lineOf(node.start);
    const lines = lineOf(node.end) - line + 1;
    if (lines > maxFunctionLines) {
      breaches.push({
        path: file.path,
        line,
        message: `a function of ${lines} lines, ${maxFunctionLines} are allowed`,
      });
    }
  }
  return breaches;
}

/** `describe(…)`, `describe.concurrent(…)`, `describe.each(…)(…)` */
function isSuite(parent: Node | undefined): boolean {
  let called: unknown = parent?.type === 'CallExpression' ? parent : undefined;
  while (isNode(called) && called.type !== 'Identifier') called = called.callee ?? called.object;
  return nameOf(called) === 'describe';
}
