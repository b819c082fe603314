import { runCommand } from '../diff/command.ts';
import { forgetPlacesOfGit } from './config.ts';

const usage = `Usage: make promote TO=staging [FROM=dev] [SERVICE=order,user] [OUT=<clone>] [CHECK=0] [DRY=1]
       make promote TO=prod [PR=0] [BODY=<file>]
       make promote TO=prod REV=<commit>
       node charts/release/promote-main.ts --to NAME [--from NAME | --rev COMMIT] [--service NAMES] [--out DIR]
            [--check 0] [--pr 0|1] [--body FILE] [--dry]

Copies image digests and source revisions from one environment to the next, renders it and makes one commit of both, and of
nothing else. Prints what that changes. With REV= the pins that the environment had at a commit come back, rendered with
the catalog of today.

  --to NAME       staging or prod; with REV= any environment (TO=)
  --from NAME     the one before it, which is also what is taken when nothing is said (FROM=)
  --rev COMMIT    roll back to the pins of that commit (REV=)
  --service LIST  only these services, with commas between (SERVICE=)
  --out DIR       the clone of a deploy repository that keeps releases/ and manifests/ instead (OUT=)
  --pr 0|1        1: commit on a new branch release/<env>-<date>-<hash> and write the pull request's text; what prod gets
                  unless said. 0: commit on the current branch (PR=)
  --body FILE     where that text goes; in .git/ unless said (BODY=)
  --check 0       leave the checks of "make validate" to CI (CHECK=0)
  --dry           say what would change and write nothing (DRY=1)
  --help          this text

Exit codes: 0 done, or nothing to promote; 2 wrong usage, or files that are not committed; 3 the catalog or a release is
invalid, or examples would come to prod; 4 a policy is broken; 5 the machine: no git, a hook that refused.`;

forgetPlacesOfGit();
await runCommand({
  name: 'promote',
  usage,
  words: process.argv.slice(2),
  load: async () => (await import('./promote-command.ts')).promote,
});
