/** Characters that make a spreadsheet take a cell for a formula. Source: OWASP, CSV injection. */
const formulaStart = /^[=+\-@\t\r]/;
const needsQuotes = /[",\r\n]/;

/** Writes rows as CSV (RFC 4180) with a header. Text that would run as a formula is made text by an apostrophe; numbers stay numbers. */
export function writeCsv(columns: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(writeCell).join(',')}\r\n`).join('');
}

function writeCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const safe = formulaStart.test(value) ? `'${value}` : value;
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A file name of plain characters, such as `my-site-pages-2026-11-01.csv`. */
export function csvName(...parts: string[]): string {
  const words = parts.map((part) =>
    part
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, ''),
  );
  return `${words.filter(Boolean).join('-').slice(0, 100)}.csv`;
}
