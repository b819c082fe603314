import { escapeHtml } from '@millrace/runtime/html-text.ts';
import type { NoticeFacts } from './notice.ts';
import type { Wording } from './wording.ts';
import { wordingOf } from './wording.ts';

/** A mail, ready to be sent. */
export interface Letter {
  /** The key of this mail: the same at every attempt, in the Message-ID and in a header or tag. */
  noticeId: string;
  to: string;
  subject: string;
  text: string;
  html: string;
}

const footer = 'You get this mail because you have an account at Millrace.';

/** Writes the mail of a notice, as plain text and as HTML with the same words. */
export function writeLetter(mail: {
  noticeId: string;
  facts: NoticeFacts;
  orderId: string | null;
  email: string;
  name: string;
}): Letter {
  const { noticeId, facts, orderId, email, name } = mail;
  const wording = wordingOf(facts, orderId);
  const greeting = `Hello ${oneLine(name)},`;
  return {
    noticeId,
    to: email,
    subject: wording.subject,
    text: textOf(wording, greeting),
    html: htmlOf(wording, greeting),
  };
}

function textOf({ paragraphs, table }: Wording, greeting: string): string {
  const rows = table?.rows.map(({ what, price }) => `  ${oneLine(what)}${price && `  ${price}`}`) ?? [];
  const list = table ? [[...rows, `  Total  ${table.total}`].join('\n')] : [];
  return `${[greeting, ...paragraphs, ...list, 'Millrace', `-- \n${footer}`].join('\n\n')}\n`;
}

// Styles stand in the elements, because many mail programs drop style sheets. No colours: the reader's are legible.
const font = 'font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif';

function htmlOf({ subject, paragraphs, table }: Wording, greeting: string): string {
  const text = [greeting, ...paragraphs].map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(subject)}</title>
</head>
<body style="margin: 0; padding: 24px">
<div style="${escapeHtml(font)}; max-width: 560px; margin: 0 auto">
<h1 style="font-size: 22px; line-height: 1.3; margin: 0 0 16px">${escapeHtml(subject)}</h1>
${[...text, ...(table ? [tableOf(table)] : [])].join('\n')}
<p>Millrace</p>
<p style="font-size: 13px; opacity: 0.8">${escapeHtml(footer)}</p>
</div>
</body>
</html>
`;
}

function tableOf({ rows, total }: NonNullable<Wording['table']>): string {
  const cell = 'padding: 6px 0; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere';
  const price = `${cell}; text-align: right; white-space: nowrap; padding-left: 16px`;
  const lines = rows.map(
    (row) =>
      `<tr><td style="${cell}">${escapeHtml(row.what)}</td><td style="${price}">${escapeHtml(row.price)}</td></tr>`,
  );
  return `<table role="presentation" style="border-collapse: collapse; width: 100%; margin: 16px 0">
${lines.join('\n')}
<tr><td style="padding: 6px 0"><strong>Total</strong></td><td style="padding: 6px 0; text-align: right; white-space: nowrap"><strong>${escapeHtml(total)}</strong></td></tr>
</table>`;
}

/** Names come from people: line breaks would put their words where ours stand. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
