const lineWidth = 120;

/** JSON as the repository's formatter writes it: objects opened, a list of plain values in one line where it fits. */
export function jsonText(value: unknown): string {
  return `${textOf(value, '', 0)}\n`;
}

/** `before` letters stand in the line already: the indent and the key. */
function textOf(value: unknown, indent: string, before: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const isPlain = value.every((item) => typeof item !== 'object' || item === null);
    const line = `[${value.map((item) => JSON.stringify(item) ?? 'null').join(', ')}]`;
    // The comma after it counts too.
    if (value.length === 0 || (isPlain && before + line.length + 1 <= lineWidth)) return line;
    return block(
      '[]',
      indent,
      value.map((item) => `${inner}${textOf(item, inner, inner.length)}`),
    );
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, item]) => {
    const start = `${inner}${JSON.stringify(key)}: `;
    return `${start}${textOf(item, inner, start.length)}`;
  });
  return block('{}', indent, lines);
}

const block = (brackets: string, indent: string, lines: readonly string[]): string =>
  `${brackets[0]}\n${lines.join(',\n')}\n${indent}${brackets[1]}`;
