import { z } from 'zod';
import { environmentNames } from './environments.ts';

const arn = (service: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:\\d{12}:.+$`), `write an ARN of ${service}`);
const host = z.string().regex(/^[a-z0-9.-]+$/, 'write a host name');

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
  telemetry: z.strictObject({ otlpEndpoint: z.url(), logGroup: z.string() }),
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
