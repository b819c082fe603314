import { escapeHtml } from '@millrace/runtime/html-text.ts';
import type { MailFacts } from './mail-store.ts';
import type { ReadMail } from './read-mail.ts';

/** Everything is ours and in one place: no script, no inline style, nothing from elsewhere. */
export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};
/** What somebody else wrote: no script, nothing from elsewhere, no way out of its frame. */
export const foreignHeaders = {
  'content-security-policy':
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
};

export const root = '/local/mail';

/** The mails that came, the newest first. */
export function listPage(view: { mails: readonly MailFacts[]; to: string; nextBefore: string | null }): string {
  const { mails, to, nextBefore } = view;
  const rows = mails.map(
    (mail) => `<li><a href="${root}/messages/${mail.id}">
<span class="subject">${subjectOf(mail)}</span>
<span class="to">${escapeHtml(mail.to.join(', '))}</span>
${timeOf(mail)}</a></li>`,
  );
  const nothing = to
    ? `<p class="empty">No mail went to ${escapeHtml(to)}.</p>`
    : '<p class="empty">No mail was sent yet. Register or place an order on the page, and look again.</p>';
  const older = new URLSearchParams({ ...(to && { to }), before: nextBefore ?? '' });
  return page(
    'Mail',
    `<p>Every mail that the platform sends on this machine ends here. None leaves it.</p>
<form action="${root}" role="search"><label for="to">To</label>
<input id="to" name="to" type="email" maxlength="254" placeholder="everybody" value="${escapeHtml(to)}">
<button>Show</button></form>
${rows.length > 0 ? `<ol class="mails">${rows.join('\n')}</ol>` : nothing}
${nextBefore === null ? '' : `<p><a href="${root}?${escapeHtml(older.toString())}">Older ones</a></p>`}`,
  );
}

/** One mail: as the recipient sees it, as text, its header, and as it came. */
export function mailPage(facts: MailFacts, mail: ReadMail): string {
  const own = `${root}/messages/${facts.id}`;
  const headers = mail.headers.map(
    ({ name, value }) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  const frame = `<h2 id="html">As it looks</h2>
<iframe src="${own}/html" sandbox title="The mail as its recipient sees it"></iframe>`;
  return page(
    facts.subject || 'No subject',
    `<p><a href="${root}">All mails</a></p>
<dl><dt>From</dt><dd>${escapeHtml(facts.from || 'nobody')}</dd>
<dt>To</dt><dd>${escapeHtml(facts.to.join(', '))}</dd>
<dt>When</dt><dd>${timeOf(facts)}</dd></dl>
${mail.html === null ? '' : frame}
${mail.text === null ? '' : `<h2>Text</h2>\n<pre>${escapeHtml(mail.text)}</pre>`}
<h2>Header</h2>
<div class="wide"><table><tbody>${headers.join('\n')}</tbody></table></div>
<p><a href="${own}/raw">The mail as it came</a> (${facts.bytes} bytes)</p>`,
  );
}

const subjectOf = ({ subject }: MailFacts): string => (subject ? escapeHtml(subject) : '<em>No subject</em>');

const timeOf = ({ at }: MailFacts): string =>
  `<time datetime="${escapeHtml(at)}">${escapeHtml(at.slice(0, 19).replace('T', ' '))} UTC</time>`;

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Millrace mail</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}/mail.css">
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

export const pageStyle = `:root { color-scheme: light dark; --ground: #f6f7f9; --paper: #fff; --ink: #14181f; --soft: #4c5664; --line: #c5ccd6; --mark: #1456c8; --on-mark: #fff; }
@media (prefers-color-scheme: dark) { :root { --ground: #0e1116; --paper: #171b22; --ink: #e8ebf0; --soft: #a5afbd; --line: #3a4350; --mark: #7db0ff; --on-mark: #0b1a33; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.3; }
h2 { margin: 2rem 0 .5rem; font-size: 1rem; }
p { margin: .5rem 0; color: var(--soft); }
a { color: var(--mark); }
form { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; margin: 1rem 0; }
label { font-weight: 600; }
input, button { min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: .5rem; }
input { flex: 1 1 14rem; min-width: 0; max-width: 24rem; }
button { font-weight: 600; color: var(--on-mark); background: var(--mark); border-color: var(--mark); cursor: pointer; }
.mails { list-style: none; margin: 0; padding: 0; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; }
.mails li + li { border-top: 1px solid var(--line); }
.mails a { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; padding: .75rem 1rem; color: inherit; text-decoration: none; }
.mails a:hover .subject { text-decoration: underline; }
.subject { font-weight: 600; grid-column: 1; }
.to { color: var(--soft); grid-column: 1; }
.mails time { color: var(--soft); grid-column: 2; grid-row: 1; white-space: nowrap; }
.empty { padding: 2rem 1rem; text-align: center; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25rem 1rem; margin: 1rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
iframe, pre, .wide { width: 100%; margin: 0; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; }
iframe { display: block; height: 32rem; }
pre { padding: 1rem; white-space: pre-wrap; font: .9375rem/1.5 ui-monospace, monospace; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .5rem 1rem; text-align: left; vertical-align: top; }
tr + tr > * { border-top: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
@media (max-width: 36rem) {
.mails a { grid-template-columns: minmax(0, 1fr); }
.mails time { grid-column: 1; grid-row: auto; }
th, td { display: block; padding: .5rem 1rem 0; }
td { padding: 0 1rem .5rem; }
tr + tr > td { border-top: 0; }
}
`;
