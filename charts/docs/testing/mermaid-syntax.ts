const id = 'n_[a-zA-Z0-9_]+';
const text = '"[^"\\n]+"';
const node = new RegExp(`^(${id})(?:\\[${text}\\]|\\(\\[${text}\\]\\)|\\[\\(${text}\\)\\])$`);
const edge = new RegExp(`^(${id}) -->\\|${text}\\| (${id})$`);
const participant = new RegExp(`^participant (${id}) as [^;#]+$`);
const message = new RegExp(`^(${id})(?:->>|-\\))(${id}): [^;]+$`);

/** The Mermaid diagrams of a Markdown text, each without its fence, and the line at which it starts. */
export function diagramsIn(markdown: string): { line: number; lines: string[] }[] {
  const all = markdown.split('\n');
  return all.flatMap((opening, index) => {
    if (opening !== '```mermaid') return [];
    const end = all.indexOf('```', index + 1);
    return [{ line: index + 1, lines: all.slice(index + 1, end === -1 ? undefined : end) }];
  });
}

/**
 * Checks a diagram in the subset of Mermaid that our generator writes, strictly: a line of another form, an edge to a node
 * that was not declared, a node declared twice and an `alt` without `end` are faults. (No package of Mermaid's parses
 * flowcharts without a browser's DOM: @mermaid-js/parser has pie, packet, gitGraph and architecture only.)
 */
export function mermaidFaults(lines: readonly string[]): string[] {
  const [kind, ...rest] = lines.map((line) => line.trim());
  if (kind === 'flowchart LR') return flowchartFaults(rest);
  if (kind === 'sequenceDiagram') return sequenceFaults(rest);
  return [`"${kind}" is not a kind of diagram that is used here`];
}

function flowchartFaults(lines: readonly string[]): string[] {
  const known = new Set<string>();
  return lines.flatMap((line) => {
    const declared = node.exec(line)?.[1];
    if (declared) return declare(known, declared);
    const ends = edge.exec(line);
    return ends ? unknownOf(known, ends.slice(1)) : [`not a node or an edge: ${line}`];
  });
}

function sequenceFaults(lines: readonly string[]): string[] {
  const known = new Set<string>();
  let open = 0;
  const faults = lines.flatMap((line) => {
    if (line === 'autonumber') return [];
    const declared = participant.exec(line)?.[1];
    if (declared) return declare(known, declared);
    if (/^alt [^;]+$/.test(line)) open += 1;
    else if (line === 'end') open -= 1;
    if (open < 0) return ['an "end" without its "alt"'];
    if (/^(alt [^;]+|end)$/.test(line)) return [];
    if (/^else [^;]+$/.test(line)) return open > 0 ? [] : ['an "else" without its "alt"'];
    const ends = message.exec(line);
    return ends ? unknownOf(known, ends.slice(1)) : [`not a message: ${line}`];
  });
  return open > 0 ? [...faults, 'an "alt" without its "end"'] : faults;
}

function declare(known: Set<string>, name: string): string[] {
  if (known.has(name)) return [`${name} is declared twice`];
  known.add(name);
  return [];
}

const unknownOf = (known: ReadonlySet<string>, names: readonly string[]): string[] =>
  names.filter((name) => !known.has(name)).map((name) => `${name} is not declared`);
