import { escapeHtml } from '@millrace/runtime/html-text.ts';
import type { Order, PastMove } from './order.ts';
import { sagaSvg } from './saga-diagram.ts';
import { moveWords, stateWords } from './saga-words.ts';

export const historyStylePath = '/api/orders/history.css';

/** Nothing is loaded but the style sheet, and nothing runs. */
export const historyPolicy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The style sheet of the page below; a file of its own because the page's policy allows no inline style. */
export const historyStyle = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --page: light-dark(#fff, #16181d);
  --ink: light-dark(#1d2733, #e6e9ef); --quiet: light-dark(#5a6675, #9aa5b4); --line: light-dark(#c3cbd6, #465061);
  --mark: light-dark(#0b5cad, #7db8ff); --on-mark: light-dark(#fff, #10141b); }
body { max-width: 64rem; margin: 0 auto; padding: 1rem; background: var(--page); color: var(--ink); }
h1 { font-size: 1.4rem; margin: 0.5rem 0; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; }
main { display: grid; gap: 1.5rem; } figure { margin: 0; } .now strong { color: var(--mark); }
@media (min-width: 50rem) { main { grid-template-columns: minmax(0, 27rem) minmax(0, 1fr); } header { grid-column: 1 / -1; } }
.saga { width: 100%; height: auto; max-width: 30rem; font: 13px system-ui, sans-serif; }
.saga rect { fill: var(--page); stroke: var(--line); stroke-width: 1.5; }
.saga text { fill: var(--ink); text-anchor: middle; }
.saga .label { fill: var(--quiet); font-size: 11px; paint-order: stroke; stroke: var(--page); stroke-width: 4px; }
.saga .label[text-anchor="start"] { text-anchor: start; }
.saga .arrow { fill: none; stroke: var(--line); stroke-width: 1.5; } .saga .tip { fill: var(--quiet); stroke: none; }
.saga .went { stroke: var(--mark); stroke-width: 2.5; } .saga .label.went { fill: var(--mark); stroke: var(--page); stroke-width: 4px; }
.saga .visited rect { stroke: var(--mark); } .saga .start { fill: var(--ink); }
.saga .present rect { fill: var(--mark); stroke: var(--mark); } .saga .present text { fill: var(--on-mark); font-weight: 700; }
ol { list-style: none; margin: 0; padding: 0; } li { border-left: 3px solid var(--line); padding: 0 0 1rem 1rem; }
li:last-child { border-color: var(--mark); } li p { margin: 0; } li small, time { color: var(--quiet); }
time { font-variant-numeric: tabular-nums; }
`;

/** Writes the history of an order for a person: where it is, on the diagram of all steps, and each move that led there. */
export function historyPage(order: Order, moves: readonly PastMove[]): string {
  const words = stateWords[order.state];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Order ${escapeHtml(order.id)}: ${words.name}</title>
<link rel="stylesheet" href="${historyStylePath}"></head><body><main>
<header><h1>Order ${escapeHtml(order.id)}</h1>
<p class="now">This order is <strong>${words.name}</strong>. ${words.meaning}</p></header>
<figure>${sagaSvg({ state: order.state, went: moves })}</figure>
<section aria-labelledby="moves"><h2 id="moves">What happened</h2><ol>
${moves.map(moveItem).join('\n')}
</ol></section>
</main></body></html>`;
}

function moveItem({ at, from, move, to, event, note }: PastMove): string {
  const time = at.toISOString();
  const origin = from === 'new' ? '' : `${stateWords[from].name} → `;
  const said = [event, note].filter((part) => part !== null).map(escapeHtml);
  return `<li><p><time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time></p>
<p>${moveWords(from, move).long} <strong>${origin}${stateWords[to].name}</strong></p>${said.length > 0 ? `<p><small>${said.join(' · ')}</small></p>` : ''}</li>`;
}
