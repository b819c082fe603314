/** A number, a number that JSON cannot write, or null where a query finds nothing. */
export type MetricValue = number | 'NaN' | '+Inf' | '-Inf' | null;

/** A query that was answered, by which name, and with what. */
export interface AnsweredQuery {
  query: string;
  name: string | undefined;
  value: MetricValue;
}

/** What the metrics of the local world say: what somebody set, and 0 for all else, as of a healthy service. */
export interface MetricValues {
  /** The value of the first name, in the order in which names became known, that the query's text contains. */
  answer(query: string): MetricValue;
  /** False when there are too many names already. */
  set(name: string, value: MetricValue): boolean;
  /** Back to the start. */
  reset(): void;
  all(): Record<string, MetricValue>;
  recent(): AnsweredQuery[];
}

/** What the analyses of a canary ask for; both are 0 of a healthy service. */
export const standardMetricNames = ['error-rate', 'p99'];

const healthy = 0;
const maxQueries = 50;
/** More than this is a mistake of a program. */
export const maxNames = 100;

export function createMetricValues(names: readonly string[]): MetricValues {
  const values = new Map<string, MetricValue>();
  const queries: AnsweredQuery[] = [];
  const reset = (): void => {
    values.clear();
    for (const name of names) values.set(name, healthy);
  };
  reset();
  return {
    answer(query) {
      const name = [...values.keys()].find((known) => query.includes(known));
      const value = name === undefined ? healthy : (values.get(name) ?? null);
      queries.push({ query, name, value });
      if (queries.length > maxQueries) queries.shift();
      return value;
    },
    set(name, value) {
      if (!values.has(name) && values.size >= maxNames) return false;
      values.set(name, value);
      return true;
    },
    reset,
    all: () => Object.fromEntries(values),
    recent: () => [...queries],
  };
}
