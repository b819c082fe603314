import type { EnvironmentName } from './environments.ts';

/** The event bus of an environment. */
export const busName = (environment: EnvironmentName): string => `${environment}-millrace`;

/** The queue of one subscription: the consumer is a service, the event is its name as published. */
export const queueName = (environment: EnvironmentName, consumer: string, event: string): string =>
  `${environment}-millrace-${consumer}-${event}`;

/** The dead-letter queue beside a subscription's queue. */
export const deadLetterQueueName = (environment: EnvironmentName, consumer: string, event: string): string =>
  `${queueName(environment, consumer, event)}-dlq`;

/** The rule of a subscription: one subscription is one rule with one target. */
export const ruleName = queueName;

/** The archive of an environment's bus. */
export const archiveName = (environment: EnvironmentName): string => `${environment}-millrace`;

/** The IAM role of a service's Kubernetes service account (IRSA). */
export const roleName = (environment: EnvironmentName, service: string): string => `${environment}-millrace-${service}`;

/** A bucket of an environment. Names are global in AWS, so the account is part of them. */
export const bucketName = (environment: EnvironmentName, account: string, bucket: string): string =>
  `${environment}-millrace-${bucket}-${account}`;

/** The ECR repository of a service's image. */
export const repositoryName = (service: string): string => `millrace/${service}`;

/** Where a workload answers inside the cluster: the name of its Service in the namespace of its service. */
export const workloadHost = (service: string, workload: string): string =>
  `${service}-${workload}.${service}.svc.cluster.local`;

/** The role and the database of a service in Aurora: both are called like the service. */
export const databaseUser = (service: string): string => service;

/** The queue and the topic that carry Argo CD's notices of releases. */
export const noticesName = (environment: EnvironmentName): string => `${environment}-millrace-releases`;

/** The EKS cluster, the ElastiCache replication group and the Redshift workgroup of an environment are called alike. */
export const clusterName = (environment: EnvironmentName): string => `${environment}-millrace`;

/** The ElastiCache user of a service, which signs in with IAM. */
export const cacheUser = (environment: EnvironmentName, service: string): string =>
  `${environment}-millrace-${service}`;

/** The user whom Redshift makes of a service's role at its first login. It owns the tables that the service's migrations make. */
export const warehouseUser = (environment: EnvironmentName, service: string): string =>
  `IAMR:${roleName(environment, service)}`;

/** The alias of a KMS key of an environment: `queues-order` for a service's queues, `bucket-uploads`, `secrets`. */
export const keyAlias = (environment: EnvironmentName, purpose: string): string =>
  `alias/${environment}-millrace-${purpose}`;

/** The name of a service's secret in Secrets Manager; `variable` is what it becomes, such as `SIGNING_KEY`. */
export const secretName = (environment: EnvironmentName, service: string, variable: string): string =>
  `${environment}/millrace/${service}/${variable.toLowerCase().replaceAll('_', '-')}`;

/** The address from which a service of an environment writes to people. */
export const mailSender = (domain: string): string => `no-reply@${domain}`;

/** The variable that a name of the catalog becomes: `uploads` and `BUCKET` give `UPLOADS_BUCKET`. */
export const variableName = (name: string, ending: string): string =>
  `${name.toUpperCase().replaceAll('-', '_')}_${ending}`;
