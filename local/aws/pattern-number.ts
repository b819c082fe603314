// Numbers compare as AWS's matcher compares them: by value when a double holds them exactly, else not at all.

/**
 * The number as ten characters of seven bits whose order is the order of the numbers, or undefined when the text is not
 * a number or a double does not hold its decimal value (more than 17 digits, larger than 1.8e308).
 */
export function comparableNumber(text: string): string | undefined {
  const first = text.charCodeAt(0);
  if (first !== 45 && (first < 48 || first > 57)) return undefined;
  const decimal = decimalOf(text);
  if (decimal === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || decimalOf(printed(value)) !== decimal) return undefined;
  return orderedBits(value === 0 ? 0 : value);
}

/** Java, in which AWS's matcher is written, prints at least two digits; these two doubles have no second digit to spare. */
function printed(value: number): string {
  const size = Math.abs(value);
  if (size === 5e-324) return value < 0 ? '-4.9e-324' : '4.9e-324';
  if (size === 1e-323) return value < 0 ? '-9.9e-324' : '9.9e-324';
  return String(value);
}

const maxExponent = 2_147_483_647;

/** One spelling for each decimal value: sign, digits without outer zeros, exponent. */
function decimalOf(text: string): string | undefined {
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text);
  if (parts === null) return undefined;
  const fraction = parts[3] ?? '';
  const written = Number(parts[4] ?? '0');
  if (Math.abs(written) > maxExponent) return undefined;
  const digits = `${parts[2]}${fraction}`.replace(/^0+/, '');
  if (digits === '') return '0';
  const significant = digits.replace(/0+$/, '');
  return `${parts[1]}${significant}e${written - fraction.length + digits.length - significant.length}`;
}

const buffer = new DataView(new ArrayBuffer(8));

function orderedBits(value: number): string {
  buffer.setFloat64(0, value);
  let bits = buffer.getBigInt64(0);
  bits = bits < 0n ? ~bits : bits ^ (-1n << 63n);
  const codes: number[] = [];
  for (let index = 0; index < 10; index += 1) {
    codes.unshift(Number(bits & 127n));
    bits >>= 7n;
  }
  return String.fromCharCode(...codes);
}

/** The ends of what can be compared. */
export const leastNumber = orderedBits(-Number.MAX_VALUE);
export const greatestNumber = orderedBits(Number.MAX_VALUE);
