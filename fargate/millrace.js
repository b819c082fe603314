#!/usr/bin/env node
// Starts the command with the repository's own Node, whatever Node the machine has.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const architecture = { x64: 'x64', arm64: 'arm64' }[process.arch];
const pinned = join(import.meta.dirname, `../node_modules/node-linux-${architecture}/bin/node`);
const node = existsSync(pinned) ? pinned : process.execPath;
const main = join(import.meta.dirname, 'main.ts');
const { status } = spawnSync(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 5;
