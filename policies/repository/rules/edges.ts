import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import type { Import } from '../syntax.ts';
import type { Breach, Package, Rule, Tree, TreeFile } from '../tree.ts';
import { isBuildStep, isTest, isToolConfig, isTypeScript, packageOfFile } from '../tree.ts';

/** Which package may import which of ours. `tests` holds what only tests and the `testing` folder may import besides. */
const allowed: Record<string, { code: string[]; tests: string[] }> = {
  catalog: { code: [], tests: [] },
  runtime: { code: ['catalog'], tests: ['local'] },
  services: { code: ['catalog', 'runtime'], tests: ['local'] },
  local: { code: ['catalog', 'runtime'], tests: [] },
  images: { code: ['catalog'], tests: ['runtime'] },
  fargate: { code: ['catalog'], tests: [] },
  charts: { code: ['catalog', 'fargate'], tests: [] },
  policies: { code: ['catalog', 'fargate'], tests: [] },
  terraform: { code: [], tests: ['runtime'] },
  bench: { code: ['catalog', 'runtime', 'local', 'images', 'charts', 'fargate'], tests: [] },
  cluster: { code: ['catalog', 'fargate', 'charts', 'policies'], tests: [] },
  e2e: { code: ['catalog', 'runtime', 'local', 'cluster', 'fargate', 'policies'], tests: [] },
};

/** An import of our own code crosses packages only as the table says, by the package's name and with the file's ending. */
export const importEdges: Rule = {
  name: 'imports between packages follow the table of edges',
  check: (tree) => eachImport(tree, (place) => edgeMessage(tree, place)),
};

/** What package.json asks for of ours is allowed too: no way round through a dependency that is never imported. */
export const declaredEdges: Rule = {
  name: 'dependencies between packages follow the table of edges',
  check: (tree) =>
    tree.packages.flatMap((owner) => {
      const edges = edgesOf(owner.folder);
      const refuse = (name: string, targets: string[] | undefined): Breach[] => {
        const target = ownFolder(tree, name);
        if (target === undefined || owner.folder === '' || targets?.includes(target)) return [];
        return [breach(`${owner.folder}/package.json`, 1, `${owner.folder} may not depend on ${target}`)];
      };
      return [
        ...Object.keys(owner.dependencies).flatMap((name) => refuse(name, edges?.code)),
        ...Object.keys(owner.devDependencies).flatMap((name) => refuse(name, edges && [...edges.code, ...edges.tests])),
      ];
    }),
};

/** Every package that code imports stands in its own package.json; code that ships does not import a devDependency. */
export const declaredImports: Rule = {
  name: 'every import is declared in the package.json beside it',
  check: (tree) => eachImport(tree, (place) => undeclaredMessage(tree, place)),
};

/** A dependency that nothing imports is a risk without a use. */
export const usedDependencies: Rule = {
  name: 'every dependency of a package is imported by it',
  check: (tree) => {
    const used = new Map<string, Set<string>>();
    eachImport(tree, ({ owner, entry }) => {
      used.set(owner.folder, (used.get(owner.folder) ?? new Set()).add(packageName(entry.specifier)));
      return undefined;
    });
    return tree.packages
      .filter(({ folder }) => folder !== '')
      .flatMap((owner) =>
        Object.keys({ ...owner.dependencies, ...owner.devDependencies })
          .filter((name) => !used.get(owner.folder)?.has(name) && !isNamed(tree, owner, name))
          .map((name) => breach(`${owner.folder}/package.json`, 1, `nothing imports ${name}: remove it`)),
      );
  },
};

interface Place {
  file: TreeFile;
  owner: Package;
  entry: Import;
}

function eachImport(tree: Tree, message: (place: Place) => string | undefined): Breach[] {
  return tree.files.filter(isTypeScript).flatMap((file) => {
    const owner = packageOfFile(tree, file.path);
    if (owner === undefined) return [];
    return file.syntax().imports.flatMap((entry) => {
      const said = message({ file, owner, entry });
      return said === undefined ? [] : [breach(file.path, file.syntax().lineOf(entry.start), said)];
    });
  });
}

function edgeMessage(tree: Tree, { file, owner, entry }: Place): string | undefined {
  const { specifier } = entry;
  if (specifier.startsWith('.')) return relativeMessage(tree, { file, owner, specifier });
  const target = ownFolder(tree, packageName(specifier));
  if (target === undefined || owner.folder === '') return undefined;
  if (target === owner.folder) return `import ${specifier} by its relative path: it is in the same package`;
  const edges = edgesOf(owner.folder);
  if (edges === undefined) return `${owner.folder} has no row in the table of edges (rules/edges.ts)`;
  const targets = isTest(file.path) ? [...edges.code, ...edges.tests] : edges.code;
  if (!targets.includes(target)) return `${owner.folder} may not import ${target}`;
  return /\.tsx?$/.test(specifier) ? undefined : `import ${specifier} with its file and ".ts"`;
}

function relativeMessage(tree: Tree, place: { file: TreeFile; owner: Package; specifier: string }): string | undefined {
  const { file, owner, specifier } = place;
  const path = posix.join(posix.dirname(file.path), specifier.replace(/\?.*$/, ''));
  if (packageOfFile(tree, path)?.folder !== owner.folder)
    return `${specifier} leaves the package: use its @millrace name`;
  return /\.[a-z]+$/.test(path) ? undefined : `import ${specifier} with ".ts"`;
}

function undeclaredMessage(tree: Tree, { file, owner, entry }: Place): string | undefined {
  const name = packageName(entry.specifier);
  if (entry.specifier.startsWith('.') || entry.specifier.startsWith('virtual:') || isBuiltin(name)) return undefined;
  if (name in owner.dependencies) return undefined;
  const root = tree.packages.find(({ folder }) => folder === '');
  const mayUseTools =
    isTest(file.path) ||
    isToolConfig(file.path) ||
    isBuildStep(file.path) ||
    entry.isTypeOnly ||
    owner.folder === 'policies';
  if (mayUseTools && (name in owner.devDependencies || name in (root?.devDependencies ?? {}))) return undefined;
  return name in owner.devDependencies
    ? `${name} is a devDependency and this file is not a test`
    : `${name} is not declared in ${owner.folder}/package.json`;
}

/** What another dependency loads by itself, and which. */
const peers: Record<string, string> = { '@nestjs/platform-express': '@nestjs/core', rxjs: '@nestjs/core' };

/** Types come without an import; some packages are files that are read, or belong to a program that is not TypeScript. */
function isNamed(tree: Tree, owner: Package, name: string): boolean {
  if (name.startsWith('@types/') || name in peers) return true;
  const own = tree.files.filter(({ path }) => path.startsWith(`${owner.folder}/`) && !path.endsWith('.json'));
  return own.some(({ text }) => new RegExp(`['"\`]${name}['"\`/]`).test(text));
}

function ownFolder(tree: Tree, name: string): string | undefined {
  return tree.packages.find((each) => each.folder !== '' && each.name === name)?.folder;
}

function edgesOf(folder: string): { code: string[]; tests: string[] } | undefined {
  return allowed[folder.split('/')[0] ?? ''];
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}

function breach(path: string, line: number, message: string): Breach {
  return { path, line, message };
}
