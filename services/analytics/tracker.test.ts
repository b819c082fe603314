import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildTracker } from './build-tracker.ts';
import type { TrackerEvent } from './tracker-event.ts';
import { readTrackerEvent } from './tracker-event.ts';
import { trackerScript } from './tracker-script.ts';

type Listener = (event: object) => void;
interface Timer {
  run: () => void;
  atMs: number;
  everyMs?: number;
}

/** A page with a clock and a network of its own, as far as the tracker touches them. */
class Page {
  nowMs = Date.UTC(2026, 2, 4, 10);
  sent: { by: 'fetch' | 'beacon'; type: string; body: { site: string; events: TrackerEvent[] } }[] = [];
  statuses: number[] = [];
  canBeacon = true;
  readonly listeners = new Map<string, Listener[]>();
  readonly timers = new Map<number, Timer>();
  lastTimer = 0;
  readonly location = { origin: 'https://example.com', pathname: '/', search: '', href: 'https://example.com/' };
  readonly document: Record<string, unknown>;
  readonly window: Record<string, unknown>;

  constructor(options: { navigator?: object; dataset?: object; referrer?: string; title?: string } = {}) {
    const addEventListener = (name: string, listener: Listener) =>
      this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
    this.document = {
      currentScript: { dataset: options.dataset ?? { site: 'key' }, src: 'https://stats.example/t.js' },
      referrer: options.referrer ?? '',
      title: options.title ?? 'Home',
      visibilityState: 'visible',
      addEventListener,
    };
    const clock = () => this.nowMs;
    class PageDate extends Date {
      constructor() {
        super(clock());
      }
      static override now = clock;
    }
    const history = { pushState: this.go, replaceState: this.go };
    const context: Record<string, unknown> = {
      document: this.document,
      location: this.location,
      history,
      screen: { width: 1280, height: 720 },
      crypto,
      URL,
      Date: PageDate,
      Blob: class {
        readonly text: string;
        readonly type: string;
        readonly size: number;
        constructor(parts: string[], settings?: { type: string }) {
          this.text = parts.join('');
          this.type = settings?.type ?? '';
          this.size = Buffer.byteLength(this.text);
        }
      },
      addEventListener,
      setTimeout: (run: () => void, ms = 0) => this.addTimer({ run, atMs: this.nowMs + ms }),
      setInterval: (run: () => void, ms: number) => this.addTimer({ run, atMs: this.nowMs + ms, everyMs: ms }),
      clearTimeout: (id: number) => this.timers.delete(id),
      fetch: async (_url: string, request: { body: string; headers: Record<string, string> }) => {
        this.keep('fetch', request.headers['content-type'] ?? '', request.body);
        const status = this.statuses.shift() ?? 202;
        if (status === 0) throw new TypeError('no network');
        return { status };
      },
      navigator: {
        language: 'de-AT',
        doNotTrack: null,
        sendBeacon: (_url: string, blob: { text: string; type: string }) => {
          if (this.canBeacon) this.keep('beacon', blob.type, blob.text);
          return this.canBeacon;
        },
        ...options.navigator,
      },
    };
    this.window = context;
    runInNewContext(trackerScript, context);
  }

  go = (_state: unknown, _title: unknown, path: string): void => {
    const url = new URL(path, this.location.href);
    Object.assign(this.location, { pathname: url.pathname, search: url.search, href: url.href });
  };

  /** Lets time pass, timer by timer, with a user who does something every ten seconds if `isActive`. */
  async pass(milliseconds: number, isActive = false): Promise<void> {
    const endMs = this.nowMs + milliseconds;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + 50);
      if (isActive && this.nowMs % 10_000 === 0) this.fire('keydown');
      for (const [id, timer] of this.timers) {
        if (timer.atMs > this.nowMs) continue;
        if (timer.everyMs) timer.atMs += timer.everyMs;
        else this.timers.delete(id);
        timer.run();
      }
      for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    }
  }

  fire(name: string, event: object = {}): void {
    for (const listener of this.listeners.get(name) ?? []) listener(event);
  }

  hide(): void {
    this.document.visibilityState = 'hidden';
    this.fire('visibilitychange');
  }

  get events(): TrackerEvent[] {
    return this.sent.flatMap((request) => request.body.events);
  }

  private addTimer(timer: Timer): number {
    this.lastTimer += 1;
    this.timers.set(this.lastTimer, timer);
    return this.lastTimer;
  }

  private keep(by: 'fetch' | 'beacon', type: string, body: string): void {
    this.sent.push({ by, type, body: JSON.parse(body) });
  }
}

const track = (page: Page, name: string, props?: object) =>
  (page.window.millrace as { track: (name: string, props?: object) => void }).track(name, props);
const brief = (page: Page) => page.events.map((event) => [event.type, event.url, event.seconds ?? event.name]);

describe('the tracker', () => {
  it('is the one that its source makes, and has at most 2 KB compressed', async () => {
    const built = await buildTracker();
    const kept = await readFile(new URL('tracker-script.ts', import.meta.url), 'utf8');
    expect(kept).toBe(built.module);
    expect(gzipSync(built.script, { level: 9 }).length).toBeLessThanOrEqual(2_048);
  });
  it('uses no cookies and no storage', () => {
    expect(trackerScript).not.toMatch(/cookie|localStorage|sessionStorage|indexedDB/);
  });
  it('sends a page view that the collector takes', async () => {
    const page = new Page({ referrer: 'https://search.example/', title: 'Caf\u00e9 \u202e\u0007\ud800 \u{1f389}' });
    await page.pass(200);
    expect(page.sent).toHaveLength(1);
    expect(page.sent[0]).toMatchObject({ by: 'fetch', type: 'text/plain', body: { site: 'key' } });
    expect(page.events).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        type: 'pageview',
        url: 'https://example.com/',
        at: '2026-03-04T10:00:00.000Z',
        referrer: 'https://search.example/',
        title: 'Caf\u00e9     \u{1f389}',
        screen: '1280x720',
        language: 'de-AT',
      },
    ]);
    expect(readTrackerEvent(page.events[0]).outcome).toBe('read');
  });
  it('sees navigation by the history, once for each address', async () => {
    const page = new Page();
    const history = page.window.history as { pushState: Page['go']; replaceState: Page['go'] };
    history.pushState(null, '', '/a');
    await page.pass(200);
    history.replaceState(null, '', '/a#part');
    await page.pass(200);
    history.pushState(null, '', '/b?x=1');
    await page.pass(200);
    page.go(null, '', '/a');
    page.fire('popstate');
    await page.pass(200);
    expect(brief(page).map(([, url]) => url)).toEqual([
      'https://example.com/',
      'https://example.com/a',
      'https://example.com/b?x=1',
      'https://example.com/a',
    ]);
  });
  it('counts the time that somebody is there, and none while nobody is', async () => {
    const page = new Page();
    await page.pass(20_000, true);
    page.hide();
    await page.pass(600_000);
    const seconds = page.events.reduce((sum, event) => sum + (event.seconds ?? 0), 0);
    expect(seconds).toBe(20);
    expect(page.sent.at(-1)).toMatchObject({ by: 'beacon', type: 'text/plain' });
    const idle = new Page();
    await idle.pass(600_000);
    idle.fire('pagehide');
    expect(idle.events.reduce((sum, event) => sum + (event.seconds ?? 0), 0)).toBe(30);
  });
  it('sends custom events by name and by attributes', async () => {
    const page = new Page();
    track(page, 'signup', { plan: 'pro\u0000', seats: 3 });
    const marked = {
      dataset: { millraceEvent: 'download' },
      attributes: [{ name: 'data-millrace-prop-file', value: 'a.pdf' }],
    };
    page.fire('click', { target: { closest: () => marked } });
    page.fire('click', { target: { closest: () => null } });
    await page.pass(200);
    expect(page.events.slice(1)).toMatchObject([
      { type: 'custom', name: 'signup', props: { plan: 'pro ', seats: 3 } },
      { type: 'custom', name: 'download', props: { file: 'a.pdf' } },
    ]);
    for (const event of page.events) expect(readTrackerEvent(event).outcome).toBe('read');
  });
  it('tries again a few times when the collector is away, with the same ids, and then gives up', async () => {
    const page = new Page();
    page.statuses = [503, 0, 202];
    await page.pass(60_000);
    expect(page.sent.length).toBeGreaterThanOrEqual(3);
    expect(new Set(page.sent.slice(0, 3).map((request) => request.body.events[0]?.id)).size).toBe(1);
    const lost = new Page();
    lost.statuses = Array.from({ length: 100 }, () => 503);
    await lost.pass(300_000);
    expect(lost.sent.filter((request) => request.body.events[0]?.type === 'pageview')).toHaveLength(4);
  });
  it('does not repeat what the collector refuses', async () => {
    const page = new Page();
    page.statuses = [404];
    await page.pass(10_000);
    expect(page.sent).toHaveLength(1);
  });
  it('hands over what is left by fetch where a beacon is refused', () => {
    const page = new Page();
    page.canBeacon = false;
    page.fire('pagehide');
    expect(page.sent).toMatchObject([{ by: 'fetch', type: 'text/plain' }]);
  });
  it.each([
    ['do not track', { navigator: { doNotTrack: '1' } }],
    ['global privacy control', { navigator: { globalPrivacyControl: true } }],
    ['no site', { dataset: {} }],
  ])('sends nothing with %s, and the page works on', async (_, options) => {
    const page = new Page(options);
    track(page, 'signup');
    await page.pass(20_000, true);
    page.hide();
    expect(page.sent).toEqual([]);
  });
  it('stays within the collector’s limits however much is tracked', async () => {
    const page = new Page();
    for (let number = 0; number < 200; number += 1) track(page, `event ${number}`, { text: 'é'.repeat(200) });
    await page.pass(5_000);
    expect(page.events.length).toBe(50);
    for (const request of page.sent) {
      expect(Buffer.byteLength(JSON.stringify(request.body))).toBeLessThanOrEqual(8_192);
    }
  });
});
