import type { MiddlewareHandler } from 'hono';

export const reportPath = '/session/reports';

/** No inline styles or scripts, nothing from elsewhere but pictures. Charts set styles through the CSSOM, which this allows. */
const pagePolicy = (uploadOrigins: readonly string[]): string => {
  const uploads = uploadOrigins.map((origin) => ` ${origin}`).join('');
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data:${uploads}`,
    `connect-src 'self'${uploads}`,
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    `form-action 'self'${uploads}`,
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    'report-to csp',
  ].join('; ');
};

/** A document of an API, such as an order's history: styles, and nothing that runs or is sent. */
const documentPolicy = [
  "default-src 'none'",
  "style-src 'self' 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  'report-to csp',
].join('; ');

const browserHeaders: Record<string, string> = {
  'reporting-endpoints': `csp="${reportPath}"`,
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'x-frame-options': 'DENY',
};

/** Sets the security headers on every answer, errors too. What says nothing about caching is not kept. */
export function setBrowserHeaders(options: { uploadOrigins: readonly string[] }): MiddlewareHandler {
  const policy = pagePolicy(options.uploadOrigins);
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    const isDocument =
      context.req.path.startsWith('/session/api/') && (headers.get('content-type')?.startsWith('text/html') ?? false);
    context.header('content-security-policy', isDocument ? documentPolicy : policy);
    for (const [name, value] of Object.entries(browserHeaders)) context.header(name, value);
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store');
  };
}
