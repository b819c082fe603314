import type { Service } from '@millrace/catalog/service.ts';

/**
 * The variables that processes read, as `runtime/config.ts` and each `services/<name>/config.ts` declare them. A test
 * compares the two: charts may not import the code that it deploys.
 */
const always = [
  'MILLRACE_ENVIRONMENT',
  'MILLRACE_WORKLOAD',
  'HOST',
  'PORT',
  'LOG_LEVEL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
];
const database = ['DATABASE_URL', 'DATABASE_IAM'];
const events = ['AWS_REGION', 'EVENT_BUS_NAME'];
const cache = ['CACHE_URL', 'CACHE_REPLICATION_GROUP'];
const tokens = ['ISSUER_URL', 'JWKS_URL', 'CLIENT_IDS'];

/** Read by Node, glibc and the AWS SDK themselves. */
const ofLibraries = ['NODE_OPTIONS', 'MALLOC_ARENA_MAX', 'AWS_REGION'];

const callable = ['ANALYTICS_URL', 'USER_URL', 'PRODUCT_URL', 'ORDER_URL', 'PAYMENT_URL', 'NOTIFICATION_URL'];

const timing = [
  'STOCK_DEADLINE_SECONDS',
  'PAYMENT_DEADLINE_SECONDS',
  'REFUND_DEADLINE_SECONDS',
  'SHIP_AFTER_SECONDS',
  'DELIVER_AFTER_SECONDS',
];

/** What a service's own config.ts adds. */
export const ownVariables: Record<string, readonly string[]> = {
  analytics: [
    'WAREHOUSE_URL',
    'WAREHOUSE_WORKGROUP',
    'SIGNING_KEY',
    'COLLECT_SITE_PER_SECOND',
    'COLLECT_ADDRESS_PER_SECOND',
  ],
  user: ['UPLOADS_BUCKET', 'SIGNING_KEY'],
  product: ['PRODUCTS_BUCKET', 'SIGNING_KEY', 'RESERVATION_MINUTES'],
  order: ['PRODUCT_URL', 'SIGNING_KEY', ...timing],
  payment: [
    'SIGNING_KEY',
    'WEBHOOK_KEY',
    'WEBHOOK_URL',
    'PAYMENT_PROVIDER',
    'CHARGE_DEADLINE_MS',
    'CHARGE_CONCURRENCY',
  ],
  notification: ['SIGNING_KEY', 'MAIL_FROM', 'MAIL_TRANSPORT', 'SMTP_URL'],
  dashboard: ['PUBLIC_URL', ...callable, 'UPLOAD_ORIGIN', 'ISSUER_URL', 'CLIENT_ID', 'LOGIN_SCOPES'],
};

/** Of those, what has no default: without it the process ends at its start. Secrets are known to the catalog. */
const ownRequired: Record<string, readonly string[]> = {
  analytics: ['WAREHOUSE_URL'],
  user: ['UPLOADS_BUCKET'],
  product: ['PRODUCTS_BUCKET'],
  order: ['PRODUCT_URL'],
  notification: ['MAIL_FROM'],
  dashboard: ['PUBLIC_URL', ...callable, 'ISSUER_URL', 'CLIENT_ID'],
};

export const runtimeVariables = { always, database, events, cache, tokens };

/** Does anything in the service's processes read this variable? A secret may be given by the ARN of where it lies. */
export function isKnownVariable(name: string, service: Service): boolean {
  const bare = name.replace(/_SECRET_ARN$/, '');
  if (bare !== name) return service.secrets?.includes(bare) ?? false;
  return knownOf(service).includes(name);
}

function knownOf(service: Service): string[] {
  const ofRuntime = Object.values(runtimeVariables).flat();
  return [...ofRuntime, ...ofLibraries, ...(ownVariables[service.name] ?? [])];
}

/** What a service's processes cannot start without. */
export function requiredVariables(service: Service): string[] {
  const hasEvents = service.publishes.length > 0 || service.consumes.length > 0;
  const hasRoutes = Object.values(service.workloads).some(({ routes = [] }) => routes.length > 0);
  return [
    'MILLRACE_WORKLOAD',
    'PORT',
    // Fargate has no instance metadata that the SDK could ask.
    'AWS_REGION',
    ...(service.database ? ['DATABASE_URL'] : []),
    ...(hasEvents ? ['EVENT_BUS_NAME'] : []),
    // The page sends people to the issuer; whoever has a database checks their tokens.
    ...(hasRoutes && service.database ? ['ISSUER_URL', 'JWKS_URL', 'CLIENT_IDS'] : []),
    ...(ownRequired[service.name] ?? []),
    ...(service.secrets ?? []),
  ];
}
