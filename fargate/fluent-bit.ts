/** A section of a Fluent Bit configuration. */
export interface FluentBitSection {
  /** In upper case, as in `[OUTPUT]`. */
  name: string;
  /** Keys in lower case: Fluent Bit does not tell cases apart. */
  entries: Readonly<Record<string, string>>;
}

/** A configuration read: its sections, and whether its lines are indented in one way. */
export interface FluentBitConfiguration {
  sections: readonly FluentBitSection[];
  /** Entries that stand before any section, or lines that are neither. */
  strayLines: readonly number[];
  /** All directives stand equally deep, all entries equally deep and deeper. */
  isEvenlyIndented: boolean;
}

/** Reads Fluent Bit's classic format. Empty lines and comments (`#`) count for nothing. */
export function readFluentBit(text: string): FluentBitConfiguration {
  const sections: { name: string; entries: Record<string, string> }[] = [];
  const strayLines: number[] = [];
  const depths = { directive: new Set<string>(), entry: new Set<string>() };
  text.split(/\r?\n/).forEach((line, index) => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return;
    const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
    const header = /^\[([A-Za-z_]{1,40})\]$/.exec(content);
    const section = sections.at(-1);
    if (header) {
      depths.directive.add(indent);
      sections.push({ name: (header[1] ?? '').toUpperCase(), entries: {} });
    } else if (section) {
      depths.entry.add(indent);
      const [, key = '', value = ''] = /^(\S+)\s*(.*)$/.exec(content) ?? [];
      Object.defineProperty(section.entries, key.toLowerCase(), { value, enumerable: true, configurable: true });
    } else {
      strayLines.push(index + 1);
    }
  });
  return { sections, strayLines, isEvenlyIndented: isEven(depths) };
}

function isEven({ directive, entry }: { directive: Set<string>; entry: Set<string> }): boolean {
  if (directive.size > 1 || entry.size > 1) return false;
  const [outer = ''] = directive;
  const [inner] = entry;
  return inner === undefined || inner.length > outer.length;
}
