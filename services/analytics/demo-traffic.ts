import { randomUUID } from 'node:crypto';
import type { DemoVisitor } from './demo-visitor.ts';

/** A line of the import with the time at which it happens. */
export interface DemoEvent {
  atMs: number;
  line: Record<string, unknown>;
}

/** Everything that a visitor does from a moment on, in the order of time. */
export function eventsOf(visitor: DemoVisitor, startMs: number, domain: string): DemoEvent[] {
  const { ip, userAgent, language, screen } = visitor;
  const events: DemoEvent[] = [];
  let atMs = startMs;
  const add = (type: string, momentMs: number, path: string, more: object): void => {
    const at = new Date(momentMs).toISOString();
    const line = { id: randomUUID(), type, ip, userAgent, at, url: `https://${domain}${path}`, ...more };
    events.push({ atMs: momentMs, line });
  };
  for (const [index, step] of visitor.steps.entries()) {
    const path = index === 0 && visitor.campaign ? `${step.path}?${visitor.campaign}` : step.path;
    const before = visitor.steps[index - 1];
    const referrer = before ? `https://${domain}${before.path}` : visitor.referrer;
    add('pageview', atMs, path, { title: step.title, language, screen, ...(referrer && { referrer }) });
    const endMs = atMs + step.seconds * 1_000;
    if (step.event) add('custom', atMs + step.seconds * 700, step.path, step.event);
    add('engagement', endMs - 200, step.path, { seconds: Math.max(1, Math.round(step.seconds * 0.8)) });
    atMs = endMs;
  }
  return events.sort((one, other) => one.atMs - other.atMs);
}

/** How busy an hour of the day is, from 0.15 at night to 1 in the evening. */
export function busyness(atMs: number): number {
  const hours = new Date(atMs).getUTCHours() + new Date(atMs).getUTCMinutes() / 60;
  return 0.15 + 0.85 * (0.5 - 0.5 * Math.cos(((hours - 3) / 24) * 2 * Math.PI)) ** 1.4;
}
