import type { Node } from '../syntax.ts';
import { memberPath, nameOf, walk } from '../syntax.ts';
import type { Breach, Rule, TreeFile } from '../tree.ts';
import { isTest, isToolConfig, isTypeScript } from '../tree.ts';

type Refusal = (node: Node, file: TreeFile) => string | undefined;

/** One rule from one question about each node of each file. */
function nodeRule(name: string, refusal: Refusal): Rule {
  const check = (file: TreeFile): Breach[] => {
    const { program, lineOf } = file.syntax();
    const breaches: Breach[] = [];
    for (const { node } of walk(program)) {
      const message = refusal(node, file);
      if (message !== undefined) breaches.push({ path: file.path, line: lineOf(node.start), message });
    }
    return breaches;
  };
  return { name, check: (tree) => tree.files.filter(isTypeScript).flatMap(check) };
}

export const noDefaultExports = nodeRule('no default exports, but for a tool that asks for one', (node, file) => {
  const isDefault =
    node.type === 'ExportDefaultDeclaration' ||
    (node.type === 'ExportSpecifier' && nameOf(node.exported) === 'default');
  return isDefault && !isToolConfig(file.path) ? 'export it by its name' : undefined;
});

export const noEnums = nodeRule('no enum and no namespace', (node) =>
  /^TS(Enum|Module)Declaration$/.test(node.type) && node.declare !== true && node.kind !== 'global'
    ? 'use a union of strings, or a constant object'
    : undefined,
);

export const noParameterProperties = nodeRule('no parameter properties', (node) =>
  node.type === 'TSParameterProperty' ? 'declare the field and assign it' : undefined,
);

const testNames = new Set(['it', 'test', 'describe', 'suite', 'bench']);
const leftOut = new Set(['skip', 'only', 'todo', 'fails']);

export const noTestsLeftOut = nodeRule('no test is skipped, alone, or to be written', (node) => {
  const path = node.type === 'CallExpression' ? memberPath(node.callee) : undefined;
  if (path === undefined || !testNames.has(path[0] ?? '')) return undefined;
  return path.slice(1).some((name) => leftOut.has(name)) ? `remove .${path.slice(1).join('.')}` : undefined;
});

export const noRawHtml = nodeRule('no HTML from a string', (node) => {
  const name = node.type === 'JSXAttribute' ? (node.name as Node).name : undefined;
  const isProperty = node.type === 'Property' && nameOf(node.key) === 'dangerouslySetInnerHTML';
  const isAssigned = node.type === 'AssignmentExpression' && /^(inner|outer)HTML$/.test(lastName(node.left) ?? '');
  return name === 'dangerouslySetInnerHTML' || isProperty || isAssigned ? 'render elements, not HTML' : undefined;
});

/** Where a statement cannot be a template with parameters. Each place has its reason. */
export const rawSqlPlaces: Record<string, string> = {
  'runtime/database-session.ts': 'passes on what Drizzle has built: text and parameters',
  'runtime/migrate.ts': 'runs migrations, which are files',
  'local/postgres.ts': 'DDL takes no parameters; names and the generated password are quoted',
  'services/analytics/query-store.ts': 'one constant text for Aurora and the warehouse, with parameters',
  'services/analytics/roll-up-store.ts': 'constant texts for Aurora and the warehouse, with parameters',
  'services/analytics/load-store.ts': 'constant texts for the warehouse, with parameters',
  'services/analytics/roll-store.ts': 'constant texts for the warehouse, with parameters',
};

export const noRawSql = nodeRule('no SQL from strings', (node, file) => {
  if (node.type !== 'MemberExpression' || file.path in rawSqlPlaces || mayUseText(file.path)) return undefined;
  const path = memberPath(node);
  const name = lastName(node);
  if (name === 'unsafe') return 'write the statement as a template with parameters, or run a file with sql.file()';
  return name === 'raw' && path?.at(-2) === 'sql' ? 'sql.raw puts text into a statement: use a parameter' : undefined;
});

// Databases of tests and benchmarks are made and thrown away by name.
function mayUseText(path: string): boolean {
  return isTest(path) || path.startsWith('bench/');
}

export const noBarrels: Rule = {
  name: 'no index.ts and no file that only exports again',
  check: (tree) =>
    tree.files.filter(isTypeScript).flatMap((file) => {
      if (/(^|\/)index\.tsx?$/.test(file.path)) {
        return [{ path: file.path, line: 1, message: 'name the file after what it holds' }];
      }
      const body = file.syntax().program.body as Node[];
      const isBarrel = body.length > 0 && body.every((node) => /^Export/.test(node.type) && node.source != null);
      return isBarrel ? [{ path: file.path, line: 1, message: 'import from where the thing is declared' }] : [];
    }),
};

function lastName(value: unknown): string | undefined {
  return nameOf((value as { property?: unknown } | undefined)?.property);
}
