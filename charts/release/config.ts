/** What `make release` and `make promote` may be told by variables; options on the command line win. */
export const releaseVariables = (): Record<string, string | undefined> => ({ ...process.env });

/** Where Git looks instead of the folder that it is told: set in its hooks, and wrong for another repository. */
const placesOfGit = [
  'GIT_DIR',
  'GIT_COMMON_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_PREFIX',
  'GIT_LITERAL_PATHSPECS',
];

/** Forgets them, for this program and for what it starts; the rest stays, such as an agent for signing. */
export function forgetPlacesOfGit(): void {
  for (const name of placesOfGit) delete process.env[name];
}
