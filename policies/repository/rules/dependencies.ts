import type { Breach, Rule, Tree } from '../tree.ts';

const register = 'docs/decisions/dependencies.md';
const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

export const exactPins: Rule = {
  name: 'every dependency is pinned exactly, and to one version in the whole repository',
  check: (tree) => {
    const pins = new Map<string, string>();
    return declared(tree).flatMap(({ path, name, version }) => {
      const first = pins.get(name) ?? version;
      pins.set(name, first);
      if (!exact.test(version)) return [{ path, line: 1, message: `${name}: "${version}" is not an exact version` }];
      return first === version ? [] : [{ path, line: 1, message: `${name} is ${version} here and ${first} elsewhere` }];
    });
  },
};

export const dependenciesAreExplained: Rule = {
  name: `every dependency has a line in ${register}, and every line a dependency`,
  check: (tree) => {
    const lines = tree.files.find(({ path }) => path === register)?.text.split('\n') ?? [];
    const explained = new Map(lines.flatMap((text, index) => explainedName(text, index + 1)));
    const names = new Set(
      declared(tree)
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('@millrace/')),
    );
    const missing = [...names].filter((name) => !explained.has(name));
    const stale = [...explained].filter(([name]) => !names.has(name));
    return [
      ...missing.map((name) => breach(1, `${name}: write what it is for, why not 30 lines of ours, who maintains it`)),
      ...stale.map(([name, line]) => breach(line, `${name} is no longer a dependency: remove its line`)),
      ...lines.flatMap((text, index) => {
        const hasGap =
          explainedName(text, 0).length > 0 &&
          text
            .split('|')
            .slice(1, 5)
            .some((cell) => cell.trim() === '');
        return hasGap ? [breach(index + 1, 'a cell is empty')] : [];
      }),
    ];
  },
};

/** A lock file with hosts in it ties every clone to one registry. */
export const lockFileNamesNoHost: Rule = {
  name: 'the lock file names no registry',
  check: (tree) =>
    tree.files
      .filter(({ path }) => path.endsWith('package-lock.json'))
      .flatMap((file) =>
        file.text
          .split('\n')
          .flatMap((text, index) =>
            /"resolved": "(https?|git)/.test(text) ? [{ path: file.path, line: index + 1 }] : [],
          ),
      )
      .map((place) => ({ ...place, message: 'write it with omit-lockfile-registry-resolved=true (.npmrc)' })),
};

/** A table row that starts with a package's name in backticks. */
function explainedName(text: string, line: number): [string, number][] {
  const name = /^\| `([^`]+)` \|/.exec(text)?.[1];
  return name === undefined ? [] : [[name, line]];
}

function declared(tree: Tree): { path: string; name: string; version: string }[] {
  return tree.packages.flatMap((owner) => {
    const path = `${owner.folder === '' ? '' : `${owner.folder}/`}package.json`;
    const all = { ...owner.dependencies, ...owner.devDependencies, ...owner.optionalDependencies };
    return Object.entries(all).map(([name, version]) => ({ path, name, version }));
  });
}

function breach(line: number, message: string): Breach {
  return { path: register, line, message };
}
