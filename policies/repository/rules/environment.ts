import { memberPath, walk } from '../syntax.ts';
import type { Breach, Rule, TreeFile } from '../tree.ts';
import { isTest, isToolConfig, isTypeScript } from '../tree.ts';

/**
 * The environment is read and checked in one place of a program, so that a wrong value stops it at the start. A main.ts
 * of the laptop hands it over whole, and whoever starts programs there passes PATH on.
 */
export const environmentIsConfig: Rule = {
  name: 'process.env is read in config.ts only',
  check: (tree) =>
    tree.files
      .filter((file) => isTypeScript(file) && !mayRead(file.path))
      .flatMap((file) => [...readsOf(file)].map((line) => breach(file.path, line))),
};

function mayRead(path: string): boolean {
  return /(^|[/-])config\.ts$|^local\/(.+\/)?([a-z]+-)?main\.ts$/.test(path) || isToolConfig(path) || isTest(path);
}

function* readsOf(file: TreeFile): Generator<number> {
  const { program, imports, lineOf } = file.syntax();
  for (const { node, around } of walk(program)) {
    const path = node.type === 'MemberExpression' ? memberPath(node) : undefined;
    const isMeta = node.type === 'MemberExpression' && (node.object as { type?: string }).type === 'MetaProperty';
    const isSearchPath =
      memberPath(around.at(-1))?.join('.') === 'process.env.PATH' && !/^(services|runtime|catalog)\//.test(file.path);
    if (path?.join('.') === 'process.env' && !isMeta && !isSearchPath) yield lineOf(node.start);
  }
  for (const entry of imports) {
    const isProcess = entry.specifier === 'node:process' || entry.specifier === 'process';
    if (isProcess && /\benv\b/.test(file.text.slice(entry.start, file.text.indexOf('\n', entry.start)))) {
      yield lineOf(entry.start);
    }
  }
}

function breach(path: string, line: number): Breach {
  return { path, line, message: 'read it in config.ts and pass the value in' };
}
