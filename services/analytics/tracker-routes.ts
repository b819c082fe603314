import { createHash } from 'node:crypto';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, empty, text } from '@millrace/runtime/route.ts';
import { trackerScript } from './tracker-script.ts';

const type = 'text/javascript; charset=utf-8';
const etag = `"${createHash('sha256').update(trackerScript).digest('base64url').slice(0, 22)}"`;
const headers = { etag, 'cache-control': 'public, max-age=3600, stale-while-revalidate=86400' };

/** The script that sites load. */
export function trackerRoutes(): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/t.js',
      operationId: 'tracker',
      summary: 'The tracker, for a script tag with data-site.',
      policy: 'public',
      cors: 'any',
      responses: {
        200: { description: 'The script.', type: 'text/javascript' },
        304: { description: 'The script that the caller has is the newest.' },
      },
      handle: async (request) =>
        isSame(request.headers.get('if-none-match')) ? empty(304, headers) : text(200, type, trackerScript, headers),
    }),
  ];
}

function isSame(ifNoneMatch: string | null): boolean {
  if (!ifNoneMatch) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
