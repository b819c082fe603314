#!/usr/bin/env bash
# Installs the npm dependencies when they are missing or are not those of package-lock.json.
# npm runs on the machine's Node (20 or newer); the pinned Node 24 is one of the dependencies.
set -euo pipefail

readonly installed=node_modules/.installed-lock.json
readonly bin="node_modules/node-linux-$(uname -m | sed -e 's/x86_64/x64/' -e 's/aarch64/arm64/')/bin"

fail() {
  echo "setup: $1" >&2
  exit 5
}

major() {
  "$1" --version 2>/dev/null | sed -e 's/^v//' -e 's/\..*//'
}

check_pinned_node() {
  local found
  found=$(PATH="$PWD/$bin:$PATH" major node || true)
  [ "${found:-0}" -ge 24 ] && return
  fail "the platform needs Node 24, which npm brings on Linux (x64, arm64); this is $(uname -sm) with Node ${found:-none}: install Node 24 (https://nodejs.org) and run again."
}

is_installed() {
  [ "${FORCE:-}" != 1 ] && cmp -s package-lock.json "$installed"
}

install() {
  local found log
  found=$(major node || true)
  [ -n "$found" ] || fail 'Node is not installed: install Node 20 or newer (https://nodejs.org) and run again.'
  [ "$found" -ge 20 ] || fail "Node $(node --version) is too old: install Node 20 or newer (https://nodejs.org) and run again."
  command -v npm >/dev/null || fail 'npm is not installed: install it (it comes with Node, https://nodejs.org) and run again.'
  [ -w . ] || fail "no right to write to $PWD: mend its owner or mode and run again."

  echo 'Installing the npm dependencies (once, about a minute) …'
  mkdir -p node_modules
  log=$(mktemp)
  if ! npm ci --loglevel=error --no-audit --no-fund >"$log" 2>&1; then
    grep -v '^npm error *$' "$log" | head -n 20 >&2 || true
    fail "npm ci failed; all it said is in $log."
  fi
  rm -f "$log"
  cp package-lock.json "$installed"
}

cd "$(dirname "$0")/../.."
if ! is_installed; then
  # Two targets started at once must not both install.
  if command -v flock >/dev/null; then
    exec 9<package-lock.json
    flock 9
  fi
  is_installed || install
fi
check_pinned_node
