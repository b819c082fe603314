/** One alternative of a filter's field: which values it takes, and some that it may take. */
export interface Alternative {
  /** Is a value of the event taken? An absent one is undefined. */
  takes(value: unknown): boolean;
  /** Values near the one that a sample has, of which it takes some. */
  near(value: unknown): readonly unknown[];
  /** What the field must be for this to make sense; undefined is anything. */
  needs?: 'number' | 'string';
}

type Scalar = string | number | boolean | null;

/**
 * The operators that a filter may use, of the more that EventBridge knows. Here stand only those for which this file can
 * answer as EventBridge does; a test compares it with the full matcher of `local/aws`.
 */
const operators: Record<string, (operand: unknown) => Alternative | undefined> = {
  prefix: (operand) => (typeof operand === 'string' && operand !== '' ? prefix(operand) : undefined),
  numeric: (operand) => (Array.isArray(operand) ? numeric(operand) : undefined),
  exists: (operand) => (typeof operand === 'boolean' ? exists(operand) : undefined),
  'anything-but': (operand) => anythingBut(Array.isArray(operand) ? operand : [operand]),
};
export const operatorNames = Object.keys(operators);

/** Reads one alternative. `fault` says what is wrong and what to write. */
export function readAlternative(written: unknown): { alternative: Alternative } | { fault: string } {
  if (isScalar(written)) return { alternative: exactly(written) };
  const [entry, more] = Object.entries(typeof written === 'object' && written !== null ? written : {});
  if (!entry || more) return { fault: `${show(written)} is no alternative. Write a value, or one operator.` };
  const [name, operand] = entry;
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (!operator) return { fault: `there is no operator "${name}" here. Write one of ${operatorNames.join(', ')}.` };
  const alternative = operator(operand);
  return alternative ? { alternative } : { fault: `${show(written)} cannot be read. Write ${examples[name]}.` };
}

const examples: Record<string, string> = {
  prefix: '{ prefix: "a" }',
  numeric: '{ numeric: [">", 0] } or { numeric: [">=", 1, "<", 9] }',
  exists: '{ exists: true }',
  'anything-but': '{ "anything-but": ["a", "b"] }, all of them texts or all of them numbers',
};

const exactly = (wanted: Scalar): Alternative => ({
  takes: (value) => value === wanted,
  near: () => [wanted],
  ...((typeof wanted === 'string' || typeof wanted === 'number') && { needs: typeof wanted as 'string' | 'number' }),
});

const prefix = (wanted: string): Alternative => ({
  takes: (value) => typeof value === 'string' && value.startsWith(wanted),
  near: (value) => {
    const rest = typeof value === 'string' ? value : '';
    return [`${wanted}${rest}`, `${wanted}${rest.slice(wanted.length)}`, wanted];
  },
  needs: 'string',
});

const exists = (isWanted: boolean): Alternative => ({
  takes: (value) => (value !== undefined) === isWanted,
  near: (value) => (isWanted ? [value, 'x'] : [undefined]),
});

/** Taken is every value that is there and not among those; EventBridge takes either texts or numbers here. */
function anythingBut(unwanted: readonly unknown[]): Alternative | undefined {
  const [first] = unwanted;
  const kind = typeof first;
  if ((kind !== 'string' && kind !== 'number') || unwanted.some((each) => typeof each !== kind)) return undefined;
  const takes = (value: unknown): boolean => value !== undefined && !unwanted.includes(value);
  const near = (value: unknown): readonly unknown[] => {
    const turns = Array.from({ length: unwanted.length + 1 }, (_, turn) => turn);
    if (typeof value === 'number') return turns.map((turn) => value + turn);
    const text = String(value);
    // A text of a form of its own, such as an id, keeps it when one digit is another.
    const digits = [...text.matchAll(/\d/g)].flatMap(({ index }) =>
      [...'0123456789'].map((digit) => text.slice(0, index) + digit + text.slice(index + 1)),
    );
    return [...turns.map((turn) => `${text}${'x'.repeat(turn)}`), ...digits];
  };
  return { takes, near };
}

const comparisons: Record<string, (value: number, limit: number) => boolean> = {
  '=': (value, limit) => value === limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
};

/** A number, or a range: a lower end, an upper end, or the lower before the upper. */
function numeric(words: readonly unknown[]): Alternative | undefined {
  const steps = words.flatMap((word, at) => (at % 2 === 0 ? [{ sign: String(word), limit: words[at + 1] }] : []));
  const isReadable = steps.every(({ sign, limit }) => Object.hasOwn(comparisons, sign) && isFiniteNumber(limit));
  if (!isReadable || !/^(=|<=?|>=?|>=?,<=?)$/.test(steps.map(({ sign }) => sign).join())) return undefined;
  const [least, most] = [steps.at(0)?.limit as number, steps.at(-1)?.limit as number];
  if (steps.length === 2 && least >= most) return undefined;
  const takes = (value: unknown): boolean =>
    typeof value === 'number' && steps.every(({ sign, limit }) => comparisons[sign]?.(value, limit as number));
  return { takes, near: () => [least, least + 1, least - 1, (least + most) / 2], needs: 'number' };
}

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isScalar = (value: unknown): value is Scalar =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);
const show = (value: unknown): string => JSON.stringify(value) ?? String(value);
