/** Small repositories that break one rule each: the last file of each is where the breach must be found. */
export interface Fixture {
  refused: Record<string, string>[];
  accepted: Record<string, string>;
}

const pack = (name: string, more: object = {}): string => JSON.stringify({ name, ...more });
const own = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, '0.1.0']));
const lines = (count: number): string => 'const a = 1;\n'.repeat(count);
const register = 'docs/decisions/dependencies.md';

const packages = {
  'package.json': pack('millrace', { devDependencies: { vitest: '5.0.0' } }),
  'catalog/package.json': pack('@millrace/catalog'),
  'runtime/package.json': pack('@millrace/runtime', { dependencies: { hono: '4.0.0' } }),
  'local/package.json': pack('@millrace/local'),
  'services/order/package.json': pack('@millrace/order', { devDependencies: own('@millrace/local') }),
  'services/user/package.json': pack('@millrace/user'),
};

/** By the name of the rule. */
export const fixtures: Record<string, Fixture> = {
  'imports between packages follow the table of edges': {
    refused: [
      { ...packages, 'services/order/order.ts': `import { a } from '@millrace/user/user.ts';` },
      { ...packages, 'services/order/order.ts': `export type { A } from '@millrace/user/user.ts';` },
      { ...packages, 'services/order/order.ts': `const user = await import('@millrace/user/user.ts');` },
      { ...packages, 'services/order/order.ts': `import { a } from '../user/user.ts';` },
      { ...packages, 'services/order/order.ts': `import { a } from '@millrace/local/postgres.ts';` },
      { ...packages, 'services/order/order.ts': `import { a } from '@millrace/runtime/config';` },
      { ...packages, 'services/order/order.ts': `import { a } from '@millrace/order/saga.ts';` },
      { ...packages, 'services/order/order.ts': `import { a } from './saga';` },
      { ...packages, 'catalog/services.ts': `import { a } from '@millrace/runtime/config.ts';` },
      { ...packages, 'runtime/config.ts': `import { a } from '@millrace/order/order.ts';` },
      {
        'new/package.json': pack('new'),
        ...packages,
        'new/main.ts': `import { a } from '@millrace/catalog/event.ts';`,
      },
    ],
    accepted: {
      ...packages,
      'services/order/order.ts': `import { a } from '@millrace/runtime/config.ts';\nimport { b } from './saga.ts';`,
      'services/order/order.test.ts': `import { a } from '@millrace/local/postgres.ts';`,
      'runtime/config.ts': `import { a } from '@millrace/catalog/event.ts';\nimport { z } from 'zod';`,
    },
  },
  'dependencies between packages follow the table of edges': {
    refused: [
      { ...packages, 'services/cart/package.json': pack('@millrace/cart', { dependencies: own('@millrace/user') }) },
      { ...packages, 'services/cart/package.json': pack('@millrace/cart', { devDependencies: own('@millrace/user') }) },
      { ...packages, 'services/cart/package.json': pack('@millrace/cart', { dependencies: own('@millrace/local') }) },
    ],
    accepted: { ...packages },
  },
  'every import is declared in the package.json beside it': {
    refused: [
      { ...packages, 'services/order/order.ts': `import { z } from 'zod';` },
      { ...packages, 'services/order/order.ts': `import postgres from '@millrace/local/postgres.ts';` },
      { ...packages, 'services/order/order.ts': `import { test } from 'vitest';` },
      { ...packages, 'services/order/order.test.ts': `import { z } from 'zod';` },
    ],
    accepted: {
      ...packages,
      'runtime/server.ts': `import { Hono } from 'hono';\nimport { serve } from 'hono/server';\nimport 'node:fs';`,
      'runtime/server.test.ts': `import { test } from 'vitest';`,
      'runtime/build-page.ts': `import { build } from 'vitest';`,
    },
  },
  'every dependency of a package is imported by it': {
    refused: [
      { 'services/cart/cart.ts': '', 'services/cart/package.json': pack('cart', { dependencies: { hono: '4.0.0' } }) },
      { 'runtime/a.ts': `import 'hono';`, 'bench/package.json': pack('bench', { dependencies: { hono: '4.0.0' } }) },
    ],
    accepted: {
      'runtime/server.ts': `import { Hono } from 'hono/tiny';\nconst map = 'world-atlas/land.json';`,
      'runtime/package.json': pack('r', {
        dependencies: { hono: '4.0.0', 'world-atlas': '2.0.0', '@types/a': '1.0.0' },
      }),
    },
  },
  'every dependency is pinned exactly, and to one version in the whole repository': {
    refused: [
      { 'package.json': pack('a', { dependencies: { hono: '^4.0.0' } }) },
      { 'package.json': pack('a', { devDependencies: { hono: '*' } }) },
      { 'package.json': pack('a', { optionalDependencies: { hono: 'latest' } }) },
      { 'package.json': pack('a', { dependencies: { hono: 'git+ssh://example.org/hono.git' } }) },
      {
        'package.json': pack('a', { dependencies: { hono: '4.0.0' } }),
        'runtime/package.json': pack('b', { dependencies: { hono: '4.0.1' } }),
      },
    ],
    accepted: { 'package.json': pack('a', { dependencies: { hono: '4.0.0', pg: '1.0.0-beta.17' } }) },
  },
  [`every dependency has a line in ${register}, and every line a dependency`]: {
    refused: [
      { 'package.json': pack('a', { dependencies: { hono: '4.0.0' } }), [register]: '# Dependencies\n' },
      { 'package.json': pack('a'), [register]: '| `hono` | routes | matching is subtle | Yusuke Wada |\n' },
      {
        'package.json': pack('a', { dependencies: { hono: '4.0.0' } }),
        [register]: '| `hono` | routes | | Yusuke Wada |\n',
      },
    ],
    accepted: {
      'package.json': pack('a', { dependencies: { hono: '4.0.0', ...own('@millrace/catalog') } }),
      [register]: '| `hono` | routes | matching is subtle | Yusuke Wada |\n',
    },
  },
  'the lock file names no registry': {
    refused: [{ 'package-lock.json': '"resolved": "https://registry.example.org/hono.tgz"' }],
    accepted: { 'package-lock.json': '"resolved": "catalog", "funding": "https://example.org"' },
  },
  'a file has at most 300 lines': {
    refused: [{ 'runtime/server.ts': lines(301) }, { 'services/order/migrations/0001-order.sql': lines(301) }],
    accepted: { 'runtime/server.ts': lines(300), 'package-lock.json': lines(301) },
  },
  'a function has at most 60 lines': {
    refused: [
      { 'runtime/server.ts': `function a() {\n${lines(59)}}` },
      { 'runtime/server.ts': `const a = () => {\n${lines(59)}};` },
      { 'runtime/server.ts': `class A {\n  b() {\n${lines(59)}}\n}` },
      { 'runtime/server.test.ts': `test('a', () => {\n${lines(59)}});` },
    ],
    accepted: {
      'runtime/server.ts': `function a() {\n${lines(58)}}`,
      'runtime/server.test.ts': `describe('a', () => {\n${lines(100)}});\ndescribe.each([1])('a', () => {\n${lines(100)}});`,
    },
  },
  'files and folders are named after the thing they hold': {
    refused: [
      { 'runtime/utils.ts': '' },
      { 'runtime/order-helpers.test.ts': '' },
      { 'services/common/order.ts': '' },
      { 'docs/misc/info-page.md': '' },
      { 'runtime/data.ts': '' },
    ],
    accepted: { 'runtime/database.ts': '', 'runtime/shared-lock.ts': '', 'docs/decisions/dependencies.md': '' },
  },
  'no index.ts and no file that only exports again': {
    refused: [
      { 'runtime/index.ts': 'export const a = 1;' },
      { 'runtime/all.ts': `export * from './server.ts';\nexport { a } from './problem.ts';` },
    ],
    accepted: { 'runtime/server.ts': `export { a } from './problem.ts';\nexport const b = 1;` },
  },
  'no default exports, but for a tool that asks for one': {
    refused: [
      { 'runtime/server.ts': 'export default class Server {}' },
      { 'runtime/server.ts': 'const a = 1;\nexport { a as default };' },
    ],
    accepted: { 'vitest.config.ts': 'export default {};', 'runtime/server.ts': `import postgres from 'postgres';` },
  },
  'no enum and no namespace': {
    refused: [
      { 'runtime/server.ts': 'export enum State { open }' },
      { 'runtime/server.ts': 'const enum State { open }' },
      { 'runtime/server.ts': 'namespace State { export const open = 1; }' },
    ],
    accepted: { 'runtime/server.ts': `type State = 'open' | 'closed';\ndeclare global { var a: number; }` },
  },
  'no parameter properties': {
    refused: [{ 'runtime/server.ts': 'class Server { constructor(private readonly port: number) {} }' }],
    accepted: { 'runtime/server.ts': 'class Server { #port; constructor(port: number) { this.#port = port; } }' },
  },
  'no test is skipped, alone, or to be written': {
    refused: [
      { 'runtime/server.test.ts': `it.skip('a', () => {});` },
      { 'runtime/server.test.ts': `test.only('a', () => {});` },
      { 'runtime/server.test.ts': `describe.skip('a', () => {});` },
      { 'runtime/server.test.ts': `test.todo('a');` },
    ],
    accepted: { 'runtime/server.test.ts': `test('a', () => {});\ntest.skipIf(noTerraform)('b', () => {});` },
  },
  'no HTML from a string': {
    refused: [
      { 'services/dashboard/page/title.tsx': 'const a = <p dangerouslySetInnerHTML={{ __html: title }} />;' },
      { 'services/dashboard/page/title.tsx': 'const a = { dangerouslySetInnerHTML: { __html: title } };' },
      { 'services/dashboard/page/title.ts': 'element.innerHTML = title;' },
    ],
    accepted: { 'services/dashboard/page/title.tsx': 'const a = <p>{title}</p>;\nelement.textContent = title;' },
  },
  'no SQL from strings': {
    refused: [
      { 'services/order/store.ts': 'await tx.execute(sql.raw(text));' },
      { 'services/order/store.ts': 'await database.sql.unsafe(text);' },
    ],
    accepted: { 'services/order/store.ts': 'await sql`select 1`;\nString.raw`a`;' },
  },
  'what is left to do has an issue number': {
    refused: [
      { 'runtime/server.ts': '// TODO: later' },
      { 'runtime/server.ts': '/* FIXME */' },
      { 'services/order/migrations/0001-order.sql': '-- TODO index' },
      { Makefile: '# XXX' },
    ],
    accepted: { 'runtime/server.ts': `// TODO(#12): the other half\nconst a = 'TODO';` },
  },
  'every exported function of catalog and runtime has a doc comment': {
    refused: [
      { 'runtime/server.ts': 'export function serve() {}' },
      { 'runtime/server.ts': '// Serves.\nexport function serve() {}' },
      { 'catalog/names.ts': 'export const busName = (environment: string) => environment;' },
      { 'catalog/names.ts': '/** Of the file. */\nconst a = 1;\nexport async function busName() {}' },
    ],
    accepted: {
      'runtime/server.ts':
        '/** Serves; throws when the port is taken. */\nexport function serve() {}\nfunction own() {}',
      'services/order/order.ts': 'export function place() {}',
    },
  },
  'process.env is read in config.ts only': {
    refused: [
      { 'runtime/server.ts': 'const port = process.env.PORT;' },
      { 'runtime/server.ts': 'const { PORT } = process.env;' },
      { 'services/order/main.ts': 'const path = process.env.PATH;' },
      { 'local/postgres.ts': 'spawn(program, [], { env: process.env });' },
      { 'runtime/server.ts': `import { env } from 'node:process';` },
    ],
    accepted: {
      'runtime/config.ts': 'const port = process.env.PORT;',
      'services/order/config.ts': 'const port = process.env.PORT;',
      'runtime/server.ts': `import { argv } from 'node:process';\nprocess.exitCode = 1;`,
      'local/main.ts': 'readSettings(process.env);',
      'local/postgres.ts': 'spawn(program, [], { env: { PATH: process.env.PATH } });',
    },
  },
  'queries of a service are in *store.ts': {
    refused: [
      { 'services/order/routes.ts': 'await database.sql`select 1`;' },
      { 'services/order/order.ts': 'await tx.insert(order).values(row);' },
      { 'services/order/saga.ts': 'await database.db.select().from(order);' },
    ],
    accepted: {
      'services/order/store.ts': 'await database.sql`select 1`;',
      'services/order/saga-store.ts': 'await tx.insert(order).values(row);',
      'services/order/routes.ts': 'map.delete(key);\nrows.with(0, row);\nawait placeOrder(tx, { order });',
      'runtime/inbox.ts': 'await tx.insert(inbox).values(row);',
    },
  },
  'inside a transaction only its own handle is used': {
    refused: [
      { 'services/order/store.ts': 'await db.transaction(async (tx) => { await db.insert(order); });' },
      { 'services/order/store.ts': 'await database.sql.begin(async (tx) => { await database.sql`select 1`; });' },
    ],
    accepted: {
      'services/order/store.ts':
        'await db.transaction(async (tx) => { await tx.insert(order); });\nawait sql.begin((sql) => sql`select 1`);',
    },
  },
  'no absolute path of one machine': {
    refused: [
      { 'runtime/server.ts': `const a = '${['', 'home', 'mary', 'a.txt'].join('/')}';` },
      { 'README.md': ['', 'Users', 'mary'].join('/') },
      { 'docs/run.md': ['', 'opt', 'work', 'millrace', 'Makefile'].join('/') },
    ],
    accepted: { 'docs/run.md': 'https://example.org/home/mary and services/home/page.ts' },
  },
  'a generated file says so on line 1': {
    refused: [{ 'docs/generated/events.md': '# Events\n' }, { 'terraform/catalog.auto.tfvars.json': '{}' }],
    accepted: {
      'docs/generated/events.md': '<!-- Generated by catalog/outputs.ts. Do not edit. -->\n',
      'terraform/catalog.auto.tfvars.json': '{"//": "Generated by catalog/outputs.ts. Do not edit."}',
    },
  },
};
