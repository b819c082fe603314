import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Provider } from 'oidc-provider';
import type { Accounts } from './issuer-accounts.ts';
import { accountForm } from './issuer-accounts.ts';
import { readSmallBody, requireMethod, send } from './issuer-answer.ts';
import { loginPage, messagePage, pageHeaders } from './issuer-page.ts';

type Choice = { sub: string } | { problems: string[]; name: string; email: string };

/** Shows the login page, and ends the login when somebody chose an account. */
export async function answerLogin(
  parts: { provider: Provider; accounts: Accounts },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<true> {
  const { provider, accounts } = parts;
  requireMethod(incoming, ['GET', 'HEAD', 'POST']);
  const step = await provider.interactionDetails(incoming, outgoing).catch(() => undefined);
  if (!step) {
    const body = messagePage('This login is over', 'It took too long or was already used. Start again.');
    return send(outgoing, { status: 400, headers: pageHeaders, body });
  }
  const page = { uid: step.uid, accounts: accounts.list() };
  if (incoming.method !== 'POST') {
    return send(outgoing, { status: 200, headers: pageHeaders, body: loginPage({ ...page, problems: [] }) });
  }
  checkOrigin(incoming);
  const choice = await chooseAccount(accounts, new URLSearchParams(await readSmallBody(incoming)));
  if ('problems' in choice) {
    return send(outgoing, { status: 422, headers: pageHeaders, body: loginPage({ ...page, ...choice }) });
  }
  const result = { login: { accountId: choice.sub, amr: ['local'], remember: true } };
  await provider.interactionFinished(incoming, outgoing, result, { mergeWithLastSubmission: false });
  return true;
}

async function chooseAccount(accounts: Accounts, fields: URLSearchParams): Promise<Choice> {
  const sub = fields.get('sub');
  if (sub !== null && accounts.find(sub)) {
    await accounts.touch(sub);
    return { sub };
  }
  const form = { name: fields.get('name') ?? '', email: fields.get('email') ?? '' };
  const parsed = accountForm.safeParse(form);
  if (!parsed.success) return { problems: parsed.error.issues.map((issue) => issue.message), ...form };
  return { sub: (await accounts.add(parsed.data)).sub };
}

/** Another site's page may not choose an account for the person in front of it. */
function checkOrigin(incoming: IncomingMessage): void {
  const { origin, host } = incoming.headers;
  const isForeign = origin !== undefined && URL.parse(origin)?.host !== host;
  if (isForeign || incoming.headers['sec-fetch-site'] === 'cross-site') {
    throw new Problem(403, 'foreign-origin', 'Pages of other origins may not call this.');
  }
}
