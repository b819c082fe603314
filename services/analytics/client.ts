import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import Bowser from 'bowser';
import { isbot } from 'isbot';

/** What a user agent says. */
export interface Client {
  isBot: boolean;
  browser?: string;
  os?: string;
  device?: NonNullable<TrackedEvent['device']>;
}

const maxUserAgentChars = 512;
const maxNameChars = 64;

/**
 * Reads user agents and remembers the last `maxKept` of them: parsing costs a hundred times more than looking up.
 * With `allowHeadless` a headless Chrome counts as a person: on a laptop it is a developer's browser test of the script tag.
 */
export function clientReader(
  options: { maxKept?: number; allowHeadless?: boolean } = {},
): (userAgent: string) => Client {
  const { maxKept = 2_000, allowHeadless = false } = options;
  const kept = new Map<string, Client>();
  return (userAgent) => {
    const key = userAgent.slice(0, maxUserAgentChars);
    const known = kept.get(key);
    const client = known ?? readClient(allowHeadless ? key.replace('HeadlessChrome/', 'Chrome/') : key);
    if (known) kept.delete(key);
    else if (kept.size >= maxKept) forgetOldest(kept);
    kept.set(key, client);
    return client;
  };
}

function forgetOldest(kept: Map<string, Client>): void {
  const oldest = kept.keys().next();
  if (!oldest.done) kept.delete(oldest.value);
}

function readClient(userAgent: string): Client {
  // Every browser names itself; what does not is a program.
  if (userAgent.trim() === '' || isbot(userAgent)) return { isBot: true };
  const parsed = Bowser.parse(userAgent);
  const client: Client = { isBot: false, device: deviceOf(parsed.platform.type) };
  if (parsed.browser.name) client.browser = parsed.browser.name.slice(0, maxNameChars);
  if (parsed.os.name) client.os = parsed.os.name.slice(0, maxNameChars);
  return client;
}

function deviceOf(platform: string | undefined): NonNullable<TrackedEvent['device']> {
  return platform === 'desktop' || platform === 'mobile' || platform === 'tablet' ? platform : 'other';
}
