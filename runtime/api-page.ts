import { escapeHtml } from './html-text.ts';
import type { Policy, Route } from './route.ts';

/** The style sheet of the page below; a file of its own because the page's policy allows no inline style. */
export const apiPageStyle = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; }
article { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 1rem 0; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 0; } p { margin: 0.25rem 0; } dt { font-weight: 600; } dd { margin: 0 0 0.25rem 1rem; }
`;

/** Writes the API's page for people: every operation with what it takes, what it answers and who may call it. */
export function apiPage(api: { name: string; version: string; routes: readonly Route[] }): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Millrace ${escapeHtml(api.name)} API</title>
<link rel="stylesheet" href="/api/${escapeHtml(api.name)}/docs.css"></head><body><main>
<h1>Millrace ${escapeHtml(api.name)} API ${escapeHtml(api.version)}</h1>
<p>For programs: <a href="/api/${escapeHtml(api.name)}/openapi.json">openapi.json</a> (OpenAPI 3.1).
Errors are <code>application/problem+json</code> (RFC 9457).</p>
${api.routes.map(operationArticle).join('\n')}
</main></body></html>`;
}

function operationArticle(route: Route): string {
  const policy = policyText(route.policy);
  const query = Object.keys(route.query?.shape ?? {});
  const headers = Object.entries(route.headers ?? {}).map(
    ([name, { description }]) => `<dt><code>${escapeHtml(name)}</code></dt><dd>${escapeHtml(description)}</dd>`,
  );
  const body = route.body ? (route.body.types ?? ['application/json']).join(' or ') : '';
  const answers = Object.entries(route.responses).map(
    ([status, rule]) => `<dt>${escapeHtml(status)}</dt><dd>${escapeHtml(rule.description)}</dd>`,
  );
  return `<article id="${escapeHtml(route.operationId)}"><h2><code>${route.method} ${escapeHtml(route.path)}</code></h2>
<p>${escapeHtml(route.summary)} ${escapeHtml(policy)}</p>
${query.length > 0 ? `<p>Query: ${query.map((name) => `<code>${escapeHtml(name)}</code>`).join(', ')}</p>` : ''}
${body ? `<p>Body: ${escapeHtml(body)}</p>` : ''}${headers.length > 0 ? `<dl>${headers.join('')}</dl>` : ''}<dl>${answers.join('')}</dl></article>`;
}

function policyText(policy: Policy): string {
  if (policy === 'public') return 'Public.';
  return policy === 'person' ? 'Needs an access token.' : `Needs an access token with scope ${policy.scope}.`;
}
