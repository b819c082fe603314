import { z } from 'zod';

const maxDomainChars = 253;
const hostLabel = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** The stored form of a domain: lower case, international names in their ASCII form; nothing when it is not one. */
export function readDomain(text: string): string | undefined {
  const trimmed = text.trim().toLowerCase().replace(/\.$/, '');
  if (trimmed === '' || /[\s/?#@:\\%]/.test(trimmed)) return undefined;
  const host = URL.parse(`http://${trimmed}`)?.hostname;
  if (!host || host.length > maxDomainChars) return undefined;
  const labels = host.split('.');
  const isName = labels.every((label) => hostLabel.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
  const isAddress = /^(\d{1,3}\.){3}\d{1,3}$/.test(host);
  return isName || isAddress ? host : undefined;
}

/** Is it a time zone that this platform knows by its IANA name? */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name);
  } catch {
    return false;
  }
}

/** What a person says about a new site. */
export const newSite = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(128)
    .transform((name) => name.normalize('NFC')),
  domain: z
    .string()
    .max(300)
    .transform((domain, context) => {
      const read = readDomain(domain);
      if (read) return read;
      context.addIssue({ code: 'custom', params: { code: 'domain' }, message: 'Write a host name, like example.com.' });
      return z.NEVER;
    }),
  timeZone: z
    .string()
    .max(64)
    .refine(isTimeZone, { params: { code: 'time-zone' }, message: 'Write an IANA time zone, like Europe/Vienna.' })
    .default('UTC'),
});
export type NewSite = z.output<typeof newSite>;

/** A site as its owner sees it. */
export const siteView = z.object({
  id: z.uuid(),
  name: z.string(),
  domain: z.string(),
  timeZone: z.string(),
  createdAt: z.iso.datetime(),
});
export type SiteView = z.output<typeof siteView>;
