import type { Comment, Node } from '../syntax.ts';
import type { Breach, Rule, TreeFile } from '../tree.ts';
import { isTest, isTypeScript } from '../tree.ts';

const open = /\b(TODO|FIXME|XXX|HACK)\b/;
const withIssue = /\b(TODO|FIXME|XXX|HACK)\s*\(?#\d+/;

export const openEndsHaveIssues: Rule = {
  name: 'what is left to do has an issue number',
  check: (tree) => [
    ...tree.files
      .filter(isTypeScript)
      .flatMap((file) =>
        file.syntax().comments.flatMap((comment) => openEnd(file, comment.value, file.syntax().lineOf(comment.start))),
      ),
    ...tree.files
      .filter(({ path }) => /\.(sql|css|sh|tf|ya?ml)$|(^|\/)Makefile$/.test(path))
      .flatMap((file) => file.text.split('\n').flatMap((text, index) => openEnd(file, text, index + 1))),
  ],
};

function openEnd(file: TreeFile, text: string, line: number): Breach[] {
  if (!open.test(text) || withIssue.test(text)) return [];
  return [{ path: file.path, line, message: 'do it, or write the issue: "(#12)" after the word' }];
}

export const exportedFunctionsAreDocumented: Rule = {
  name: 'every exported function of catalog and runtime has a doc comment',
  check: (tree) =>
    tree.files
      .filter((file) => isTypeScript(file) && /^(catalog|runtime)\//.test(file.path) && !isTest(file.path))
      .flatMap(undocumented),
};

function undocumented(file: TreeFile): Breach[] {
  const { program, comments, lineOf } = file.syntax();
  return (program.body as Node[])
    .filter(exportsFunction)
    .filter((node) => !comments.some((comment) => documents(file, comment, node)))
    .map((node) => ({
      path: file.path,
      line: lineOf(node.start),
      message: 'say what it does, its units, what it throws',
    }));
}

function exportsFunction(node: Node): boolean {
  if (node.type !== 'ExportNamedDeclaration') return false;
  const declaration = node.declaration as Node | null;
  if (declaration?.type === 'FunctionDeclaration') return true;
  if (declaration?.type !== 'VariableDeclaration') return false;
  const declarators = declaration.declarations as { init: Node | null }[];
  return declarators.some(({ init }) =>
    /^(Arrow)?Function(Expression)?$|ArrowFunctionExpression/.test(init?.type ?? ''),
  );
}

function documents(file: TreeFile, comment: Comment, node: Node): boolean {
  const isDoc = comment.type === 'Block' && comment.value.startsWith('*');
  return isDoc && comment.end <= node.start && file.text.slice(comment.end, node.start).trim() === '';
}
