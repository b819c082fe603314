/** An error as a log may show it. */
export interface LoggedFault {
  type: string;
  message: string;
  stack: string;
  cause?: LoggedFault;
  [fact: string]: unknown;
}

const maxCauses = 5;
/** What else of an error is logged. Not `detail`, `where` or `params`: there the database and Drizzle write people's values. */
const facts = [
  'code',
  'errno',
  'syscall',
  'severity',
  'schema_name',
  'table_name',
  'column_name',
  'constraint_name',
  'status',
  'responseCode',
] as const;

/** An error's message without the values that a query was given: Drizzle writes them behind the query. */
export function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('params' in error)) return error.message;
  const [query = ''] = error.message.split('\nparams: ', 1);
  return query;
}

/** An error for the log, with its causes and without anybody's values. */
export function loggedFault(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const message = faultText(error);
  const known = error as Error & Record<string, unknown>;
  const calls = callsOf(error);
  const fault: LoggedFault = { type: error.name, message, stack: `${error.name}: ${message}${calls}` };
  for (const fact of facts) if (known[fact] !== undefined) fault[fact] = known[fact];
  const { cause } = error;
  if (cause instanceof Error && depth < maxCauses) fault.cause = loggedFault(cause, depth + 1) as LoggedFault;
  return fault;
}

/** The stack without the message at its beginning, which may have many lines. */
function callsOf({ stack = '', message }: Error): string {
  const start = stack.indexOf(message);
  const rest = start < 0 ? stack : stack.slice(start + message.length);
  const calls = rest.indexOf('\n    at ');
  return calls < 0 ? '' : rest.slice(calls);
}
