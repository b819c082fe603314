// Connection (08), resources such as disk and connections (53), shut down or starting (57P), system (58), read-only after a failover.
const awaySqlState = /^(08...|53...|57P..|58...|25006)$/;
const awayCode = /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;
/** The database asks for another attempt: serialisation failure, deadlock. */
const againSqlState = /^(40001|40P01)$/;
const maxCauses = 5;

/** Tells whether a failure means that the database does not serve at present, whatever is asked of it. */
export const isDatabaseAway = (error: unknown): boolean =>
  codesOf(error).some((code) => awaySqlState.test(code) || awayCode.test(code));

/** Tells whether the same transaction may succeed at once. */
export const isWorthRepeating = (error: unknown): boolean => codesOf(error).some((code) => againSqlState.test(code));

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  let current = error;
  for (let depth = 0; depth < maxCauses && typeof current === 'object' && current !== null; depth += 1) {
    const { code, cause } = current as { code?: unknown; cause?: unknown };
    if (typeof code === 'string') codes.push(code);
    current = cause;
  }
  return codes;
}
