import { parseSync } from 'rolldown/utils';

/** An ESTree node, as the parser gives it. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

export interface Comment {
  type: 'Line' | 'Block';
  value: string;
  start: number;
  end: number;
}

export interface Import {
  specifier: string;
  start: number;
  /** True when nothing of it is left at run time. */
  isTypeOnly: boolean;
}

export interface Syntax {
  program: Node;
  comments: Comment[];
  imports: Import[];
  lineOf(offset: number): number;
}

/** Parses TypeScript with the parser that Vite brings (TypeScript 7 has no stable one). Throws when the text is not TypeScript. */
export function parse(path: string, text: string): Syntax {
  const { program, comments, errors } = parseSync(path, text, { sourceType: 'module' });
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} does not parse: ${error.message}`);
  const root = program as unknown as Node;
  return { program: root, comments: comments as Comment[], imports: importsOf(root), lineOf: lineFinder(text) };
}

/** Every node below `root`, outer ones first, each with the nodes around it (nearest last). */
export function* walk(root: Node, around: readonly Node[] = []): Generator<{ node: Node; around: readonly Node[] }> {
  yield { node: root, around };
  const inside = [...around, root];
  for (const value of Object.values(root)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* walk(child, inside);
    }
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string' && 'start' in value;
}

/** The identifier or string that a node is: `db`, `sql`, `'text'`; undefined for anything else. */
export function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Identifier') return String(value.name);
  if (value.type === 'Literal' && typeof value.value === 'string') return value.value;
  return undefined;
}

/** `a.b.c` as its names, `this.a` as ['this', 'a']; undefined when it is not that plain. */
export function memberPath(value: unknown): string[] | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'ThisExpression') return ['this'];
  if (value.type === 'Identifier') return [String(value.name)];
  if (value.type !== 'MemberExpression' || value.computed === true) return undefined;
  const before = memberPath(value.object);
  const name = nameOf(value.property);
  return before === undefined || name === undefined ? undefined : [...before, name];
}

function importsOf(program: Node): Import[] {
  const found: Import[] = [];
  for (const { node } of walk(program)) {
    const specifier = nameOf(node.source);
    if (specifier === undefined || !/^(Import|Export)/.test(node.type)) continue;
    const isTypeOnly = node.importKind === 'type' || node.exportKind === 'type';
    found.push({ specifier, start: node.start, isTypeOnly });
  }
  return found;
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
