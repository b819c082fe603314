import { runCommand } from '../diff/command.ts';
import { forgetPlacesOfGit } from './config.ts';

const usage = `Usage: make release ENV=dev IMAGES=<file or -> [REVISION=<commit>] [OUT=<clone>] [CHECK=0] [DRY=1]
       node charts/release/release-main.ts --env dev --images FILE [--revision COMMIT] [--out DIR] [--check 0] [--dry]

What CI runs after the images were pushed: writes their digests to releases/dev.json, renders manifests/dev and makes one
commit of both, and of nothing else. Services whose image stays keep their pin. Later environments get theirs by
"make promote".

  --env NAME         dev (ENV=)
  --images FILE      {"order": "sha256:…", …} for some or all services; - reads standard input (IMAGES=)
  --revision COMMIT  what the images were built from, HEAD unless said (REVISION=)
  --out DIR          the clone of a deploy repository that keeps releases/ and manifests/ instead (OUT=)
  --check 0          leave the checks of "make validate" to CI (CHECK=0)
  --dry              say what would change and write nothing (DRY=1)
  --help             this text

Exit codes: 0 done, or nothing to release; 2 wrong usage, or files that are not committed; 3 the catalog or a release is
invalid; 4 a policy is broken, or the images are older than those that run; 5 the machine: no git, a hook that refused.`;

forgetPlacesOfGit();
await runCommand({
  name: 'release',
  usage,
  words: process.argv.slice(2),
  load: async () => (await import('./release-command.ts')).release,
});
