import { roleArnOf } from '@millrace/catalog/aws-names.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import type { Role } from '@millrace/catalog/least-privilege.ts';
import { allRoles, scalingQueues } from '@millrace/catalog/least-privilege.ts';
import { asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { faultOf, isObject, namespaceOf, ofKind, podMakers } from './objects.ts';
import { variablesOfPod } from './variables.ts';

const roleAnnotation = 'eks.amazonaws.com/role-arn';

/**
 * X301 to X303: every pod has a service account of its own, whose role is the one of least privilege and of the platform
 * contract, and the role's trust names exactly that account.
 */
export function identities(set: RenderedEnvironment): Fault[] {
  const roles = allRoles(set.environment, set.services);
  const accounts = ofKind(set, 'ServiceAccount');
  const pods = podMakers(set).flatMap(({ manifest, namespace, pod, service }) => {
    const name = asText(pod.spec['serviceAccountName']) ?? 'default';
    const account = accounts.find((each) => isObject(each, { kind: 'ServiceAccount', namespace, name }));
    const at = 'spec.template.spec.serviceAccountName';
    if (account && name === service) return [];
    const message = account ? `is ${name}, another's account.` : `there is no ServiceAccount ${name} here.`;
    return [
      faultOf(set, manifest, { code: 'X301', at, message: `${message} Write ${service} and render that account.` }),
    ];
  });
  return [...pods, ...accounts.flatMap((account) => accountFaults(set, account, roles))];
}

function accountFaults(set: RenderedEnvironment, account: Manifest, roles: readonly Role[]): Fault[] {
  const namespace = namespaceOf(account);
  const subject = `system:serviceaccount:${namespace}:${account.metadata.name}`;
  const role = roles.find(({ owner }) => owner === namespace);
  const arn = account.metadata.annotations?.[roleAnnotation];
  const at = `metadata.annotations.${roleAnnotation}`;
  if (!role) {
    const message = `the catalog gives ${namespace} no role. Declare the service, or take the account away.`;
    return [faultOf(set, account, { code: 'X302', at, message })];
  }
  const wanted = [
    ...new Set([roleArnOf(set.environment, role.name), set.platform.services[namespace]?.roleArn ?? 'none']),
  ];
  if (wanted.length > 1) {
    const message = `the catalog's role is ${wanted[0]}, the platform contract's ${wanted[1]}. Make them one.`;
    return [faultOf(set, account, { code: 'X302', at, message })];
  }
  if (arn !== wanted[0]) {
    return [faultOf(set, account, { code: 'X302', at, message: `is ${arn ?? 'missing'}. Write ${wanted[0]}.` })];
  }
  if (role.trust.subject === subject) return [];
  const message = `the role trusts ${role.trust.subject}, this is ${subject}. Name the account ${role.trust.serviceAccount}.`;
  return [faultOf(set, account, { code: 'X303', message })];
}

/** X304: whatever a pod's variables point at in AWS, its role may use; the queues that scale are those that KEDA may read. */
export function pointedAt(set: RenderedEnvironment): Fault[] {
  const roles = allRoles(set.environment, set.services);
  const pods = podMakers(set).flatMap((maker) => {
    const role = roles.find(({ owner }) => owner === maker.service);
    const resources = role?.grants.flatMap((grant) => grant.resources) ?? [];
    return Object.entries(variablesOfPod(set, maker)).flatMap(([name, value]) => {
      const kind = pointerOf(name);
      if (!kind || resources.some((resource) => isMeant(kind, { resource, value }))) return [];
      const message = `${name} points at ${value}, which the role of ${maker.service} may not use. Declare it in the catalog's "${kind}".`;
      return [faultOf(set, maker.manifest, { code: 'X304', message })];
    });
  });
  return [...pods, ...queueFaults(set)];
}

type Pointer = 'access' | 'secrets';

function pointerOf(name: string): Pointer | undefined {
  if (name.endsWith('_SECRET_ARN')) return 'secrets';
  return name.endsWith('_BUCKET') || name === 'MAIL_FROM' ? 'access' : undefined;
}

function isMeant(kind: Pointer, { resource, value }: { resource: string; value: string }): boolean {
  const domain = value.slice(value.indexOf('@') + 1);
  if (kind === 'access') return resource.includes(`:s3:::${value}/`) || resource.endsWith(`:identity/${domain}`);
  // A secret's grant ends in six question marks for the letters that Secrets Manager adds.
  return resource.endsWith('-??????') && value.startsWith(resource.slice(0, -6)) && value.length === resource.length;
}

function queueFaults(set: RenderedEnvironment): Fault[] {
  const known = scalingQueues(set.environment, set.services);
  const { region, account } = set.platform;
  return ofKind(set, 'ScaledObject').flatMap((scaler) =>
    asMaps(fieldOf(scaler, 'spec', 'triggers')).flatMap((trigger) => {
      const url = asText(fieldOf(trigger, 'metadata', 'queueURL')) ?? '';
      const queue = url.slice(url.lastIndexOf('/') + 1);
      const own = known.filter((name) => name.startsWith(`${set.environment}-millrace-${namespaceOf(scaler)}-`));
      if (own.includes(queue) && url === `https://sqs.${region}.amazonaws.com/${account}/${queue}`) return [];
      const message = `${url} is no queue that scales ${namespaceOf(scaler)}. Write the address of ${own.join(' or ')}.`;
      return [faultOf(set, scaler, { code: 'X304', at: 'spec.triggers', message })];
    }),
  );
}
