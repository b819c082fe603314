/** A column: its head, and on which side its cells stand. */
export interface Column {
  head: string;
  isRight?: boolean;
}

/** Rows under heads, aligned with spaces. A row of one empty cell is a line between groups. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ head }, index) => Math.max(width(head), ...rows.map((row) => width(row[index] ?? ''))));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ isRight }, index) => {
        const cell = cells[index] ?? '';
        const gap = ' '.repeat((widths[index] ?? 0) - width(cell));
        return isRight ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, each) => sum + each + 2, -2));
  const isRule = (row: readonly string[]): boolean => row.length === 1 && row[0] === '';
  return [line(columns.map(({ head }) => head)), rule, ...rows.map((row) => (isRule(row) ? rule : line(row)))].join(
    '\n',
  );
}

/** A bar of at most `size` characters for a share of 0 to 1, in eighths of a character. */
export function bar(share: number, size: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * size * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '');
}

const width = (text: string): number => [...text].length;
