import { z } from 'zod';
import { environmentNames } from './environments.ts';

const arn = (service: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:\\d{12}:.+$`), `write an ARN of ${service}`);
const host = z.string().regex(/^[a-z0-9.-]+$/, 'write a host name');

/** A window that opens by a cron schedule in a time zone and stays open for some hours, as Argo CD writes them. */
const releaseWindow = z.strictObject({
  schedule: z
    .string()
    .regex(/^[\d*/,-]+ [\d*/,-]+ [\d*/,-]+ [\d*/,-]+ [\d*/,-]+$/, 'write the five fields of cron, such as 0 8 * * 1-5'),
  duration: z.string().regex(/^[1-9]\d*[mh]$/, 'write minutes or hours, such as 10h'),
  timeZone: z.string().refine(isTimeZone, 'write a time zone of the IANA data base, such as Europe/Berlin'),
});

/**
 * The platform contract: what Terraform built in an environment, as far as manifests need it. `catalog/platform.<env>.json`
 * is written from Terraform's outputs; what stands in the repository until then are examples, and says so.
 */
export const platform = z.strictObject({
  example: z.literal(true).optional(),
  environment: z.enum(environmentNames),
  account: z.string().regex(/^\d{12}$/),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  registry: host.describe('The ECR registry, without a repository.'),
  cluster: z.strictObject({
    name: z.string(),
    version: z.string().regex(/^1\.\d+$/),
    vpcId: z.string().regex(/^vpc-[0-9a-f]+$/),
    securityGroupId: z.string().regex(/^sg-[0-9a-f]+$/),
    /** How many Fargate profiles the account may have; AWS's default is 10. */
    profileQuota: z.int().min(1),
  }),
  /** The zones in their order, each with its private application subnet. */
  zones: z
    .array(z.strictObject({ name: z.string(), subnetId: z.string().regex(/^subnet-[0-9a-f]+$/), cidr: z.cidrv4() }))
    .min(2)
    .max(6),
  vpcCidr: z.cidrv4(),
  edge: z.strictObject({
    certificateArn: arn('acm'),
    wafAclArn: arn('wafv2'),
    sslPolicy: z.string().regex(/^ELBSecurityPolicy-/),
    accessLogBucket: z.string(),
    loadBalancerSecurityGroupId: z.string().regex(/^sg-[0-9a-f]+$/),
  }),
  aurora: z.strictObject({
    writer: host,
    reader: host,
    port: z.int(),
    /** max_connections at the largest capacity. */
    maxConnections: z.int(),
    isPublic: z.literal(false),
  }),
  warehouse: z.strictObject({ host, port: z.int(), database: z.string() }),
  cache: z.strictObject({ host, port: z.int() }),
  identity: z.strictObject({ issuerUrl: z.url(), jwksUrl: z.url(), clientIds: z.array(z.string()).min(1) }),
  telemetry: z.strictObject({
    otlpEndpoint: z.url(),
    logGroup: z.string(),
    /** The workspace of Amazon Managed Service for Prometheus, without `/api/v1`. */
    metricsUrl: z.url({ protocol: /^https$/ }),
  }),
  /** What Argo CD watches: this repository, or the one that releases are written to. */
  delivery: z.strictObject({
    repository: z.url({ protocol: /^https$/ }),
    revision: z.string(),
    /** When Argo CD may change what runs here; at any time where none is said. */
    releaseWindows: z.array(releaseWindow).optional(),
    /** Public keys (armoured, by their id of 16 hex digits) of those whose commits Argo CD takes; any commit where none is said. */
    signatureKeys: z.record(z.string().regex(/^[0-9A-F]{16}$/), z.string()).optional(),
  }),
  /** Argo CD's own address, its application in Cognito, and where it tells of failed releases. */
  argocd: z.strictObject({
    domain: host,
    clientId: z.string(),
    issuerUrl: z.url(),
    notificationTopicArn: arn('sns'),
  }),
  /** By add-on: its IRSA role. */
  addOns: z.record(z.string(), z.strictObject({ roleArn: arn('iam') })),
  /** By service: its IRSA role, its security group, and the ARNs of its secrets by variable name. */
  services: z.record(
    z.string(),
    z.strictObject({
      roleArn: arn('iam'),
      securityGroupId: z.string().regex(/^sg-[0-9a-f]+$/),
      secrets: z.record(z.string(), arn('secretsmanager')).optional(),
    }),
  ),
});
export type Platform = z.output<typeof platform>;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
