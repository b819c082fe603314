import type { Dimension, Metric } from './url-state.ts';

/** The title of a breakdown, what one row is called, and what a row without a value means. */
export const dimensionNames: Record<Dimension, { title: string; row: string; none: string }> = {
  path: { title: 'Pages', row: 'Page', none: 'No page' },
  referrer: { title: 'Referrers', row: 'Referrer', none: 'Direct or unknown' },
  country: { title: 'Countries', row: 'Country', none: 'Unknown country' },
  browser: { title: 'Browsers', row: 'Browser', none: 'Unknown browser' },
  os: { title: 'Systems', row: 'System', none: 'Unknown system' },
  device: { title: 'Devices', row: 'Device', none: 'Unknown device' },
  language: { title: 'Languages', row: 'Language', none: 'Unknown language' },
  campaign: { title: 'Campaigns', row: 'Campaign', none: 'No campaign' },
  event: { title: 'Events', row: 'Event', none: 'No event' },
};

export const metricNames: Record<Metric, string> = { visitors: 'Visitors', visits: 'Visits', pageviews: 'Page views' };

const deviceNames: Record<string, string> = { desktop: 'Desktop', mobile: 'Phone', tablet: 'Tablet', other: 'Other' };
const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' });

/** A value as a person reads it: Austria, German (Austria), Phone; nothing becomes "Direct or unknown". */
export function nameValue(dimension: Dimension, value: string | null): string {
  if (value === null || value === '') return dimensionNames[dimension].none;
  if (dimension === 'country') return nameWith(regions, value.toUpperCase());
  if (dimension === 'language') return nameWith(languages, value);
  if (dimension === 'device') return deviceNames[value] ?? value;
  return value;
}

function nameWith(names: Intl.DisplayNames, code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
