import { Problem, unavailable } from './problem.ts';

// SQLSTATE classes and codes that say "not now": connection, resources, operator, lock, serialisation, read-only.
const transientSqlState = /^(08...|53...|57...|58...|55P03|40001|40P01|25006|25P03|XX000)$/;
const transientCodes =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT|CONNECTION_|UND_ERR_|ABORT_ERR)/;
const transientNames = new Set(['TimeoutError', 'AbortError']);
const maxCauses = 5;

/** Tells whether a failure is a dependency's that may be over soon: the database or the network, not our code. */
export function isTransient(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < maxCauses && typeof current === 'object' && current !== null; depth += 1) {
    const { code, name, cause } = current as { code?: unknown; name?: unknown; cause?: unknown };
    if (typeof code === 'string' && (transientSqlState.test(code) || transientCodes.test(code))) return true;
    if (typeof name === 'string' && transientNames.has(name)) return true;
    current = cause;
  }
  return false;
}

/** Makes the refusal that the caller gets from whatever was thrown. Only our own faults stay without one. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (isTransient(error)) return unavailable('A part of the platform does not answer. Try again.', error);
  return undefined;
}
