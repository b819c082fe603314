import type { Node } from '../syntax.ts';
import { memberPath, walk } from '../syntax.ts';
import type { Breach, Rule, TreeFile } from '../tree.ts';
import { isTest, isTypeScript } from '../tree.ts';

const handles = new Set(['db', 'tx', 'sql', 'database', 'warehouse']);
const verbs = new Set([
  'select',
  'selectDistinct',
  'insert',
  'update',
  'delete',
  'execute',
  'with',
  '$with',
  'unsafe',
  'file',
]);

/** A service talks to its database in its stores; the rest of it is pure or HTTP. */
export const queriesInStores: Rule = {
  name: 'queries of a service are in *store.ts',
  check: (tree) =>
    tree.files
      .filter((file) => isTypeScript(file) && file.path.startsWith('services/') && !mayQuery(file.path))
      .flatMap((file) => findings(file, queryMessage)),
};

/** The outer handle takes another connection: what it does is not in the transaction, and can wait for it forever. */
export const transactionsUseTheirOwnHandle: Rule = {
  name: 'inside a transaction only its own handle is used',
  check: (tree) => tree.files.filter(isTypeScript).flatMap((file) => findings(file, outerHandleMessage)),
};

function mayQuery(path: string): boolean {
  return /(^|[/-])store\.ts$/.test(path) || path.endsWith('/schema.ts') || isTest(path) || path.includes('/page/');
}

function findings(file: TreeFile, message: (node: Node, around: readonly Node[]) => string | undefined): Breach[] {
  const { program, lineOf } = file.syntax();
  const breaches: Breach[] = [];
  for (const { node, around } of walk(program)) {
    const said = message(node, around);
    if (said !== undefined) breaches.push({ path: file.path, line: lineOf(node.start), message: said });
  }
  return breaches;
}

function queryMessage(node: Node): string | undefined {
  const said = 'move the query to a *store.ts';
  if (node.type === 'TaggedTemplateExpression') return isHandle(memberPath(node.tag)) ? said : undefined;
  if (node.type !== 'CallExpression') return undefined;
  const path = memberPath(node.callee);
  return verbs.has(path?.at(-1) ?? '') && isHandle(path?.slice(0, -1)) ? said : undefined;
}

function isHandle(path: string[] | undefined): boolean {
  return path !== undefined && handles.has(path.at(-1) ?? '');
}

function outerHandleMessage(node: Node, around: readonly Node[]): string | undefined {
  if (node.type !== 'TaggedTemplateExpression' && node.type !== 'CallExpression') return undefined;
  const used = memberPath(node.tag ?? node.callee)?.join('.');
  if (used === undefined) return undefined;
  for (const outer of around) {
    const handle = transactionHandle(outer);
    if (handle === undefined || !isInCallback(outer, node)) continue;
    if (used === handle || used.startsWith(`${handle}.`))
      return `${handle} is outside the transaction: use its own handle`;
  }
  return undefined;
}

/** `db.transaction(async (tx) => …)` → `db`, unless the callback's own parameter has the same name. */
function transactionHandle(node: Node): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const path = memberPath(node.callee);
  if (path === undefined || !/^(transaction|begin)$/.test(path.at(-1) ?? '')) return undefined;
  const callback = (node.arguments as Node[]).find(({ type }) => type.endsWith('FunctionExpression'));
  const parameter = memberPath((callback?.params as Node[] | undefined)?.[0]);
  const handle = path.slice(0, -1).join('.');
  return callback === undefined || parameter?.[0] === handle ? undefined : handle;
}

function isInCallback(call: Node, node: Node): boolean {
  return (call.arguments as Node[]).some(({ start, end }) => start <= node.start && node.end <= end);
}
