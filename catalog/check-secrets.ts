import type { Fault } from './fault.ts';

/** What secrets look like. Sources: AWS and GitHub on their key forms, RFC 7468 (PEM), RFC 7519 (JWT). */
const looks: readonly { name: string; form: RegExp }[] = [
  { name: 'an AWS access key', form: /\b(AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b/ },
  { name: 'a private key or certificate', form: /-----BEGIN [A-Z ]+-----/ },
  { name: 'a token', form: /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/ },
  {
    name: 'a GitHub, Slack or provider key',
    form: /\b(gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|sk_(live|test)_\w{10,})/,
  },
  { name: 'a password', form: /\b(password|passwd|pwd|secret|api[_-]?key|access[_-]?key|token)\s*[:=]\s*\S+/i },
  { name: 'a URL with a password', form: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i },
  {
    name: 'an AWS secret key',
    form: /(?<![\w/+=])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*\d)(?=[\w/+]*[/+])[A-Za-z0-9/+]{40}(?![\w/+=])/,
  },
];
const names = /^(password|passwd|pwd|secret|secretKey|apiKey|accessKey|token|privateKey)$/i;
const deepest = 12;

/** What a text looks like, if it looks like a secret. */
export function secretLook(text: string): string | undefined {
  // The ARN of a secret names it and does not hold it.
  const rest = text.startsWith('arn:') ? text.replace(':secret:', ':') : text;
  return looks.find(({ form }) => form.test(rest))?.name;
}

/** Literals that look like a secret, anywhere in plain data. The value is never part of the message. */
export function secretFaults(value: unknown, place: string): Fault[] {
  return literals(value, place, 0).flatMap(({ text, at, key }) => {
    const look = secretLook(text) ?? (names.test(key) && text !== '' ? 'a secret by its name' : undefined);
    if (!look) return [];
    const message = `the value looks like ${look}. Take it away and out of Git's history; name it in "secrets" and put it into Secrets Manager.`;
    return [{ place: at, code: 'E051', message }];
  });
}

/** Leaves out what is said about a secret's own place, and blanks what looks like one in the rest: no message may repeat it. */
export function withoutSecrets(faults: readonly Fault[], secrets: readonly Fault[]): Fault[] {
  return faults
    .filter((fault) => !secrets.some(({ place }) => place.startsWith(fault.place)))
    .map((fault) => ({ ...fault, place: blank(fault.place), message: blank(fault.message) }));
}

const blank = (text: string): string =>
  looks.reduce((rest, { form }) => rest.replaceAll(new RegExp(form, `g${form.flags}`), '(hidden)'), text);

interface Literal {
  text: string;
  at: string;
  key: string;
}

function literals(value: unknown, at: string, depth: number): Literal[] {
  if (typeof value === 'string') return [{ text: value, at, key: at.slice(at.lastIndexOf('.') + 1) }];
  if (depth > deepest || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => literals(item, `${at}[${index}]`, depth + 1));
  // A schema or another class holds no settings.
  if (Object.getPrototypeOf(value) !== Object.prototype) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...(secretLook(key) ? [{ text: key, at: `${at}.<key>`, key: '' }] : []),
    ...literals(item, `${at}.${secretLook(key) ? '<key>' : key}`, depth + 1),
  ]);
}
