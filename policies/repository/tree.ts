import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Syntax } from './syntax.ts';
import { parse } from './syntax.ts';

/** A file of the repository. `path` is relative to the root and has forward slashes. */
export interface TreeFile {
  path: string;
  text: string;
  /** The parsed program; only for TypeScript. Throws when the text does not parse. */
  syntax(): Syntax;
}

export interface Package {
  /** The folder, such as `services/analytics`. */
  folder: string;
  name: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

/** What the rules look at. */
export interface Tree {
  files: TreeFile[];
  packages: Package[];
}

export interface Breach {
  path: string;
  line: number;
  message: string;
}

export interface Rule {
  name: string;
  check(tree: Tree): Breach[];
}

const skippedFolders = new Set(['.git', '.local', 'node_modules', 'dist', 'coverage', 'fixtures']);
const textFile =
  /\.(ts|tsx|js|mjs|css|html|sql|sh|json|md|yaml|yml|toml|tf)$|(^|\/)(Makefile|run|\.[a-z]+rc|[a-z]+\.Dockerfile)$/;

/** Reads a checkout from disk. Folders that are built, installed or fixtures are left out. */
export function readTree(root: string): Tree {
  const texts = new Map<string, string>();
  const pending = [root];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name);
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) pending.push(full);
      const path = relative(root, full).replaceAll('\\', '/');
      if (entry.isFile() && textFile.test(path)) texts.set(path, readFileSync(full, 'utf8'));
    }
  }
  return treeOf(Object.fromEntries([...texts].sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** A tree from paths and texts; this is how a fixture is written. */
export function treeOf(texts: Record<string, string>): Tree {
  const files = Object.entries(texts).map(([path, text]) => fileOf(path, text));
  return { files, packages: files.flatMap(packageOf) };
}

function fileOf(path: string, text: string): TreeFile {
  let parsed: Syntax | undefined;
  return {
    path,
    text,
    syntax: () => {
      parsed ??= parse(path, text);
      return parsed;
    },
  };
}

function packageOf(file: TreeFile): Package[] {
  if (!/(^|\/)package\.json$/.test(file.path)) return [];
  const content = JSON.parse(file.text) as Partial<Package>;
  return [
    {
      folder: file.path.replace(/\/?package\.json$/, ''),
      name: content.name ?? '',
      dependencies: content.dependencies ?? {},
      devDependencies: content.devDependencies ?? {},
      optionalDependencies: content.optionalDependencies ?? {},
    },
  ];
}

export function isTypeScript(file: TreeFile): boolean {
  return /\.tsx?$/.test(file.path) && !file.path.endsWith('.d.ts');
}

/** Tests and what only tests use: a `testing` folder or file, a fixture, the black-box tests. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$|(^|\/)testing(\/|\.ts$)|-fixture\.ts$|^e2e\//.test(path);
}

/** Files whose default export some tool demands. */
export function isToolConfig(path: string): boolean {
  return /(^|\/)[a-z]+\.config\.ts$/.test(path);
}

/** A step of a build: it runs before an image is made and is never in one. */
export function isBuildStep(path: string): boolean {
  return /(^|\/)build(-[a-z-]+)?\.ts$/.test(path);
}

/** The package that a file belongs to: the one with the longest folder. */
export function packageOfFile(tree: Tree, path: string): Package | undefined {
  return tree.packages
    .filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}
