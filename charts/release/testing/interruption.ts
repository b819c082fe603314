// Loaded before a command: at a call of the file system, such as the second `renameSync`, everything in its process group is
// killed, or something else happens. So a test needs no luck to hit a moment.
import { execSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { INTERRUPT_AT = '', INTERRUPT_WITH = 'kill' } = process.env;
const [name = '', place = '1'] = INTERRUPT_AT.split(':');
const functions = fs as unknown as Record<string, (...given: unknown[]) => unknown>;
const original = functions[name];
let left = Number(place);

if (original) {
  functions[name] = (...given) => {
    left -= 1;
    if (left === 0) interrupt();
    return original(...given);
  };
  syncBuiltinESMExports();
}

function interrupt(): void {
  if (INTERRUPT_WITH === 'kill') process.kill(-process.pid, 'SIGKILL');
  else execSync(INTERRUPT_WITH, { stdio: 'ignore' });
}
