import { randomUUIDv7 } from 'node:crypto';

/** Where views go and as whom. */
export interface ViewTarget {
  gateway: string;
  siteId: string;
}

const userAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
];

/** Makes page views with ids of their own; the same number gives the same path and visitor. */
export function makeViews(count: number, from: number): { id: string; type: 'pageview'; url: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    id: randomUUIDv7(),
    type: 'pageview',
    url: `https://shop.example/page-${(from + index) % 50}`,
  }));
}

/**
 * Posts views once, as a page would. Gives back the ids that were answered 202 and not dropped; nothing when the platform
 * refused or could not be reached.
 */
export async function postViews(
  target: ViewTarget,
  views: readonly { id: string }[],
  visitor: number,
): Promise<string[]> {
  try {
    const response = await fetch(`${target.gateway}/api/analytics/collect`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': userAgents[visitor % userAgents.length] ?? '',
        'x-forwarded-for': `203.0.113.${visitor % 250}`,
      },
      body: JSON.stringify({ site: target.siteId, events: views }),
      signal: AbortSignal.timeout(8_000),
    });
    if (response.status !== 202) {
      await response.arrayBuffer();
      return [];
    }
    const { dropped } = (await response.json()) as { dropped: { index: number }[] };
    const out = new Set(dropped.map(({ index }) => index));
    return views.filter((_, index) => !out.has(index)).map((view) => view.id);
  } catch {
    return [];
  }
}
