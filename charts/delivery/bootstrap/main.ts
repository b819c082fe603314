import { runCommand } from '../../diff/command.ts';

const usage = `Usage: argocd/bootstrap.sh --env ENVIRONMENT --context CONTEXT [--folder DIR] [--dry-run]

Puts Argo CD into a cluster that has none, and tells it to keep itself and all else from Git: renders its pinned chart with
the values of <folder>/<env>/argocd/application-argo-cd.yaml, applies it, waits until it runs, applies its projects and the
root Application. Everything may be done again: it ends in the same state. It reads no secret and writes none.

  --env NAME      one of dev, staging, prod
  --context NAME  the context of kubectl; its cluster must be the one of catalog/platform.<env>.json
  --folder DIR    where the manifests are, manifests/ unless said
  --dry-run       says what would be run, and runs nothing that writes
  --help          this text

Needs kubectl and helm 3 on PATH, and the network of the chart's repository.
Exit codes: 0 done, 2 wrong usage, 3 no manifests, 4 another cluster, 5 the machine or the cluster.`;

await runCommand({
  name: 'bootstrap',
  usage,
  words: process.argv.slice(2),
  load: async () => (await import('./bootstrap.ts')).bootstrap,
});
