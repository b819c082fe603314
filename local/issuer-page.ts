import { escapeHtml } from '@millrace/runtime/html-text.ts';
import type { Account } from './issuer-accounts.ts';

/** Everything is ours and in one place: no script, no inline style, nothing from elsewhere. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

const shownAccounts = 8;

/** The login page: one click for an account that is known, a form for a new one. */
export function loginPage(options: {
  uid: string;
  accounts: readonly Account[];
  problems: string[];
  name?: string;
  email?: string;
}): string {
  const { uid, accounts, problems } = options;
  const buttons = accounts.slice(0, shownAccounts).map(
    (
      account,
      index,
    ) => `<li><button name="sub" value="${escapeHtml(account.sub)}"${index === 0 ? ' class="first"' : ''}>
<span>Continue as ${escapeHtml(account.name)}</span><small>${escapeHtml(account.email)}</small></button></li>`,
  );
  const errors = problems.map((problem) => `<li>${escapeHtml(problem)}</li>`).join('');
  return page(
    'Log in',
    `<p>This is the local identity provider. Nobody checks a password here.</p>
<form method="post" action="/local/login/${escapeHtml(uid)}"><ul class="accounts">${buttons.join('\n')}</ul></form>
<form method="post" action="/local/login/${escapeHtml(uid)}" aria-labelledby="another">
<h2 id="another">Another account</h2>
${errors && `<ul class="errors" role="alert">${errors}</ul>`}
<label for="name">Name</label>
<input id="name" name="name" autocomplete="name" maxlength="80" required value="${escapeHtml(options.name ?? '')}">
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="email" maxlength="254" required value="${escapeHtml(options.email ?? '')}">
<button>Create and continue</button>
</form>`,
  );
}

/** Asks whether to log out; `form` is oidc-provider's own, with its token. */
export function logoutPage(form: string): string {
  return page(
    'Log out',
    `<p>Log out of the local identity provider?</p>${form}
<p><button class="first" form="op.logoutForm" name="logout" value="yes"><span>Log out</span></button></p>
<p><button form="op.logoutForm"><span>Stay logged in</span></button></p>`,
  );
}

/** Says what went wrong, without insides. */
export function messagePage(title: string, message: string): string {
  return page(title, `<p>${escapeHtml(message)}</p><p><a href="/">Back to Millrace</a></p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Millrace</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/local/login.css">
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

export const pageStyle = `:root { color-scheme: light dark; --ground: #f6f7f9; --paper: #fff; --ink: #14181f; --soft: #4c5664; --line: #c5ccd6; --mark: #1456c8; --on-mark: #fff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #0e1116; --paper: #171b22; --ink: #e8ebf0; --soft: #a5afbd; --line: #3a4350; --mark: #7db0ff; --on-mark: #0b1a33; --bad: #ff9b94; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 1.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; }
h1 { margin: 0; font-size: 1.375rem; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p { color: var(--soft); margin: .5rem 0 1rem; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
label { display: block; margin-top: .5rem; font-weight: 600; }
input { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: .5rem; }
button { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; font: inherit; font-weight: 600; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: .5rem; cursor: pointer; overflow-wrap: anywhere; }
form > button { margin-top: 1rem; }
.first { background: var(--mark); border-color: var(--mark); color: var(--on-mark); }
.accounts small { display: block; font-weight: 400; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
a { color: var(--mark); }
.errors { color: var(--bad); }
`;
