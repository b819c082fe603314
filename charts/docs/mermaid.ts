/** An edge of a flowchart, with the words on it. */
export interface Edge {
  from: string;
  to: string;
  label: string;
}

/** A node of a flowchart: a service is a box, the outside is a rounded one. */
export interface FlowNode {
  id: string;
  label: string;
  shape: 'box' | 'round' | 'database';
}

const brackets = { box: ['[', ']'], round: ['([', '])'], database: ['[(', ')]'] } as const;

/** A flowchart from left to right, in the few forms that `testing/mermaid-syntax.ts` checks. */
export function flowchart(nodes: readonly FlowNode[], edges: readonly Edge[]): string {
  const lines = [
    'flowchart LR',
    ...nodes.map(({ id, label, shape }) => `  ${nodeId(id)}${brackets[shape][0]}${quoted(label)}${brackets[shape][1]}`),
    ...edges.map(({ from, to, label }) => `  ${nodeId(from)} -->|${quoted(label)}| ${nodeId(to)}`),
  ];
  return fenced(lines);
}

/** A step of a sequence: a message, or a choice between two courses. */
export type Step =
  | { kind: 'message'; from: string; to: string; text: string; isAsync: boolean }
  | { kind: 'choice'; options: readonly { when: string; steps: readonly Step[] }[] };

/** A sequence diagram. */
export function sequence(participants: readonly FlowNode[], steps: readonly Step[]): string {
  const lines = [
    'sequenceDiagram',
    '  autonumber',
    ...participants.map(({ id, label }) => `  participant ${nodeId(id)} as ${plain(label)}`),
    ...steps.flatMap((step) => stepLines(step, '  ')),
  ];
  return fenced(lines);
}

function stepLines(step: Step, indent: string): string[] {
  if (step.kind === 'message') {
    const arrow = step.isAsync ? '-)' : '->>';
    return [`${indent}${nodeId(step.from)}${arrow}${nodeId(step.to)}: ${plain(step.text)}`];
  }
  const courses = step.options.flatMap(({ when, steps }, index) => [
    `${indent}${index === 0 ? 'alt' : 'else'} ${plain(when)}`,
    ...steps.flatMap((inner) => stepLines(inner, `${indent}  `)),
  ]);
  return [...courses, `${indent}end`];
}

/** Words of Mermaid's own, such as `end`, are no ids: ours start with `n_`. */
const nodeId = (name: string): string => `n_${name.replaceAll(/[^a-zA-Z0-9]/g, '_')}`;

const quoted = (text: string): string => `"${text.replaceAll('"', '#quot;')}"`;

/** A semicolon ends a line in Mermaid, a hash starts an entity. */
const plain = (text: string): string => text.replaceAll('#', '#35;').replaceAll(/;(?<!#\d+;)/g, ',');

const fenced = (lines: readonly string[]): string => ['```mermaid', ...lines, '```'].join('\n');
