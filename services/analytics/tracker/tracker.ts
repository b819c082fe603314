// The tracker, as it runs in a visitor's page. Built by ../build-tracker.ts into ../tracker-script.ts. No cookies, no storage.
type Props = Record<string, string | number | boolean | null>;
interface Sent {
  id: string;
  type: 'pageview' | 'engagement' | 'custom';
  url: string;
  at: string;
  [field: string]: unknown;
}

const script = document.currentScript as HTMLScriptElement;
const site = script.dataset.site;
const api = script.dataset.api || new URL('/api/analytics/collect', script.src).href;
const browser = navigator as Navigator & { globalPrivacyControl?: boolean };
const isWanted = site && !browser.globalPrivacyControl && browser.doNotTrack !== '1';

const maxQueued = 50;
const maxBatchBytes = 7_000;
const maxAttempts = 4;
const idleMs = 30_000;
const reportSeconds = 15;

let queue: Sent[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let attempts = 0;
let page = '';
let lastActiveMs = 0;
let countedToMs = 0;
let engagedMs = 0;
let isVisible = true;

// crypto.randomUUID exists on secure pages only.
const makeId = (): string =>
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
    (+digit ^ ((crypto.getRandomValues(new Uint8Array(1))[0] as number) & (15 >> (+digit / 4)))).toString(16),
  );

// The collector refuses control characters and those that turn the direction of text.
const clean = (text: unknown, max: number): string =>
  String(text)
    .replace(/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .slice(0, max)
    .replace(/\p{Cs}$/u, '');

const currentPage = (): string => location.origin + location.pathname + location.search;

function add(type: Sent['type'], fields: object, url = page): void {
  if (queue.length >= maxQueued) return;
  queue.push({ id: makeId(), type, url: url.slice(0, 2_000), at: new Date().toISOString(), ...fields });
  timer ??= setTimeout(send, 100);
}

function takeBatch(): { events: Sent[]; body: string } {
  const events: Sent[] = [];
  let body = '';
  for (const event of queue) {
    const longer = JSON.stringify({ site, events: [...events, event] });
    if (events.length && new Blob([longer]).size > maxBatchBytes) break;
    events.push(event);
    body = longer;
  }
  queue = queue.slice(events.length);
  return { events, body };
}

// While the page lives, an answer is read, so that a refusal that may pass is tried again a few times.
function send(): void {
  clearTimeout(timer);
  timer = undefined;
  const { events, body } = takeBatch();
  if (!events.length) return;
  const again = (): void => {
    attempts += 1;
    if (attempts >= maxAttempts) return;
    queue = [...events, ...queue];
    timer ??= setTimeout(send, 1_000 * 4 ** attempts);
  };
  fetch(api, { method: 'POST', body, keepalive: true, credentials: 'omit', headers: { 'content-type': 'text/plain' } })
    .then((answer) => {
      if (answer.status === 429 || answer.status > 499) return again();
      attempts = 0;
      if (queue.length) timer ??= setTimeout(send, 100);
    })
    .catch(again);
}

// A page that goes away cannot read an answer: what is left is handed to the browser.
function sendLast(): void {
  while (queue.length) {
    const { body } = takeBatch();
    if (browser.sendBeacon?.(api, new Blob([body], { type: 'text/plain' }))) continue;
    fetch(api, { method: 'POST', body, keepalive: true, headers: { 'content-type': 'text/plain' } }).catch(() => {});
  }
}

// Time counts while the page is visible and something was done in the last half minute.
function countTime(): void {
  const now = Date.now();
  const until = Math.min(now, lastActiveMs + idleMs);
  if (until > countedToMs && isVisible) engagedMs += until - countedToMs;
  countedToMs = now;
}

function report(minSeconds: number): void {
  countTime();
  const seconds = Math.floor(engagedMs / 1_000);
  if (!page || seconds < minSeconds) return;
  engagedMs -= seconds * 1_000;
  add('engagement', { seconds: Math.min(seconds, 86_400) });
}

function active(): void {
  countTime();
  lastActiveMs = Date.now();
}

function changeVisibility(): void {
  // Going away counts what ran until now; coming back counts from now on.
  report(1);
  isVisible = document.visibilityState === 'visible';
  lastActiveMs = Date.now();
  if (!isVisible) sendLast();
}

function view(): void {
  const next = currentPage();
  if (next === page) return;
  report(1);
  const referrer = page || document.referrer;
  page = next;
  engagedMs = 0;
  countedToMs = lastActiveMs = Date.now();
  const { width, height } = screen;
  const title = clean(document.title, 256);
  add('pageview', {
    ...(referrer && { referrer: referrer.slice(0, 2_000) }),
    ...(title && { title }),
    screen: `${width}x${height}`,
    language: clean(browser.language, 35),
  });
}

function track(name: string, props?: Props): void {
  if (!isWanted) return;
  const kept: Props = {};
  for (const key in props) {
    const value = props[key] as Props[string];
    kept[clean(key, 64)] = typeof value === 'string' ? clean(value, 256) : value;
  }
  add('custom', { name: clean(name, 128), ...(props && { props: kept }) }, currentPage());
}

function trackClick(event: Event): void {
  const marked = (event.target as Element | null)?.closest?.<HTMLElement>('[data-millrace-event]');
  if (!marked) return;
  const props: Props = {};
  for (const { name, value } of marked.attributes) {
    if (name.startsWith('data-millrace-prop-')) props[name.slice(19)] = value;
  }
  track(marked.dataset.millraceEvent as string, Object.keys(props).length ? props : undefined);
}

function start(): void {
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = (...all) => {
      original.apply(history, all);
      setTimeout(view);
    };
  }
  addEventListener('popstate', view);
  for (const name of ['pointerdown', 'pointermove', 'keydown', 'scroll', 'focus']) {
    addEventListener(name, active, { passive: true, capture: true });
  }
  addEventListener('click', trackClick, true);
  document.addEventListener('visibilitychange', changeVisibility);
  addEventListener('pagehide', () => {
    report(1);
    sendLast();
  });
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    page = '';
    view();
  });
  setInterval(() => report(reportSeconds), 5_000);
  view();
}

(globalThis as unknown as { millrace: { track: typeof track } }).millrace = { track };
if (isWanted) {
  if ((document as Document & { prerendering?: boolean }).prerendering) {
    document.addEventListener('prerenderingchange', start, { once: true });
  } else start();
}
