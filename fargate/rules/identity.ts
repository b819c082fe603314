import { asMap, asText, fieldOf } from '../fields.ts';
import type { Rule } from '../rule.ts';
import { containerRule, kindRule, podRule, sources, when } from '../rule.ts';
import type { FargateSet, Workload } from '../workloads.ts';
import { containersOf, environmentOf, namespaceOf, ofKind, wordsOf } from '../workloads.ts';

const roleAnnotation = 'eks.amazonaws.com/role-arn';

/** The pod's service account among the manifests. */
function accountOf({ namespace, template: { spec } }: Workload, set: FargateSet) {
  const name = asText(spec.serviceAccountName) ?? asText(spec.serviceAccount) ?? 'default';
  const found = ofKind(set, 'ServiceAccount').find(
    ({ manifest }) => manifest.metadata.name === name && namespaceOf(manifest) === namespace,
  );
  const role = found && Object.hasOwn(found.manifest.metadata.annotations ?? {}, roleAnnotation);
  return { name, found, hasRole: role === true };
}

const variables = (workload: Workload): string[] =>
  containersOf(workload.template.spec).flatMap(({ container }) => [...environmentOf(container).keys()]);

const region = podRule(
  {
    id: 'F06',
    name: 'aws-region',
    severity: 'warning',
    source: `${sources.fargate}: no IMDS`,
  },
  (workload, set) => {
    const names = variables(workload);
    const callsAws = accountOf(workload, set).hasRole || names.some((name) => name.startsWith('AWS_'));
    return when(
      callsAws && !names.includes('AWS_REGION'),
      'calls AWS and has no AWS_REGION: on Fargate no instance metadata tells it.',
      'Write AWS_REGION into env of every container that calls AWS.',
    );
  },
);

const instanceMetadata = containerRule(
  {
    id: 'F06',
    name: 'instance-metadata',
    severity: 'warning',
    source: sources.fargate,
  },
  (container) => {
    const texts = [...wordsOf(container), ...[...environmentOf(container).values()].flatMap((value) => value ?? [])];
    return when(
      texts.some((text) => text.includes('169.254.169.254')),
      'asks 169.254.169.254: there is no instance metadata service on Fargate.',
      'Give it what it asks for as variables (AWS_REGION, AWS_DEFAULT_REGION), and a role by service account.',
    );
  },
);

const podIdentity = kindRule(
  {
    id: 'F20',
    name: 'pod-identity',
    severity: 'error',
    source: 'EKS user guide, manage-access/aws-access/service-accounts',
    kinds: ['PodIdentityAssociation'],
  },
  () =>
    when(
      true,
      'is a Pod Identity association: its agent is a DaemonSet, so pods on Fargate get no credentials from it.',
      `Annotate the ServiceAccount with ${roleAnnotation} (IRSA).`,
    ),
);

const roleMissing = podRule(
  {
    id: 'F20',
    name: 'role-missing',
    severity: 'warning',
    source: 'EKS user guide, security-iam',
  },
  (workload, set) => {
    const { name, found, hasRole } = accountOf(workload, set);
    const callsAws = variables(workload).some((variable) => variable.startsWith('AWS_'));
    const isKnown = found !== undefined || name === 'default';
    const hasToken = variables(workload).includes('AWS_WEB_IDENTITY_TOKEN_FILE');
    return when(
      isKnown && !hasRole && !hasToken && callsAws,
      `calls AWS as the service account "${name}", which has no role; a pod cannot use the role that starts it either.`,
      `Write serviceAccountName, and on that ServiceAccount ${roleAnnotation}: arn:aws:iam::<account>:role/<role>.`,
    );
  },
);

const computeType = podRule(
  {
    id: 'F22',
    name: 'compute-type',
    severity: 'error',
    source: 'EKS user guide, fargate-getting-started',
    stopsPods: true,
  },
  ({ template }) => {
    const type = asText(asMap(template.annotations)['eks.amazonaws.com/compute-type']);
    return when(
      type !== undefined && type !== 'fargate',
      `has the annotation eks.amazonaws.com/compute-type: ${type}: Fargate leaves it Pending (CoreDNS has it from the start).`,
      'Take the annotation away; for CoreDNS set computeType: Fargate in the add-on.',
    );
  },
);

const admissionWebhook = kindRule(
  {
    id: 'F15',
    name: 'webhook-selector',
    severity: 'warning',
    source: 'aws/containers-roadmap#2606',
    kinds: ['MutatingWebhookConfiguration'],
  },
  ({ manifest }) => {
    const hooks = Array.isArray(manifest.webhooks) ? manifest.webhooks.map(asMap) : [];
    const strict = hooks.filter(
      (hook) =>
        hook.failurePolicy !== 'Ignore' &&
        [hook.namespaceSelector, hook.objectSelector].some((selector) => Object.keys(asMap(selector)).length > 0) &&
        mentionsPods(hook),
    );
    return strict.map((hook) => ({
      message: `webhook ${asText(hook.name) ?? ''} takes pods by a selector and has failurePolicy Fail: Fargate's own path is reported to ignore the selector.`,
      fix: 'Write failurePolicy: Ignore, or check before the push.',
    }));
  },
);

const mentionsPods = (hook: Record<string, unknown>): boolean =>
  (Array.isArray(hook.rules) ? hook.rules : []).some((rule: unknown) => {
    const resources = fieldOf(rule, 'resources');
    return (
      Array.isArray(resources) &&
      resources.some((resource: unknown) => ['pods', '*', '*/*'].includes(asText(resource) ?? ''))
    );
  });

/** F06 (region), F15, F20, F22: who a pod is, and who decides on it. */
export const identityRules: readonly Rule[] = [
  region,
  instanceMetadata,
  admissionWebhook,
  podIdentity,
  roleMissing,
  computeType,
];
