#!/usr/bin/env bash
# Puts Argo CD into an empty cluster; argocd/README.md says when. The program is charts/delivery/bootstrap.
set -euo pipefail

readonly here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly bin="$here/node_modules/node-linux-$(uname -m | sed -e 's/x86_64/x64/' -e 's/aarch64/arm64/')/bin"

PATH="$bin:$PATH" exec node "$here/charts/delivery/bootstrap/main.ts" "$@"
