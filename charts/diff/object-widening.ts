import { asList, asMap, asMaps, asText, asTexts, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { podTemplateOf } from '@millrace/fargate/pod-template.ts';
import type { ResourceChange } from './resource-changes.ts';
import { predecessorOf } from './restarts.ts';
import type { Widening } from './role-widening.ts';

/** What an object opens, as texts: what stands after and did not before is a widening. */
type Openings = (manifest: Manifest) => string[];

const roleAnnotation = 'eks.amazonaws.com/role-arn';
const enforceLabel = 'pod-security.kubernetes.io/enforce';
const strictness = ['privileged', 'baseline', 'restricted'];

const openings: Record<string, Openings> = {
  ServiceAccount: ({ metadata }) => {
    const arn = metadata.annotations?.[roleAnnotation];
    return arn ? [`pods run with ${arn}`] : [];
  },
  SecurityGroupPolicy: (policy) =>
    asList(fieldOf(policy, 'spec', 'securityGroups', 'groupIds')).map((group) => `pods are in ${String(group)}`),
  Role: (role) => ruleWords(role),
  ClusterRole: (role) => ruleWords(role),
  RoleBinding: (binding) => subjectWords(binding),
  ClusterRoleBinding: (binding) => subjectWords(binding),
  Ingress: (ingress) => [...pathWords(ingress), ...edgeWords(ingress)],
  Service: (service) => {
    const type = asText(fieldOf(service, 'spec', 'type')) ?? 'ClusterIP';
    return type === 'ClusterIP' ? [] : [`is reachable from outside the cluster (${type})`];
  },
};

/** Who may do or reach more: roles of pods, security groups, rights in the cluster, open doors, softer pods. */
export function objectWidenings(changes: readonly ResourceChange[]): Widening[] {
  const goneNamespaces = new Set(
    changes
      .filter(({ before, after }) => before?.kind === 'Namespace' && !after)
      .map(({ before }) => before?.metadata.name),
  );
  return changes.flatMap(({ resource, before: same, after }) => {
    const object = after ?? same;
    if (!object) return [];
    const before = same ?? predecessorOf(object, changes)?.before;
    const what = [
      ...added(openings[object.kind] ?? podOpenings, before, after),
      ...selectorWidening(before, after),
      ...(object.kind === 'Namespace' ? namespaceWidening(before, after) : []),
      ...(object.kind === 'SecurityGroupPolicy' && !after && !goneNamespaces.has(object.metadata.namespace)
        ? ['is gone: its pods fall back to the cluster’s own security group']
        : []),
    ];
    return what.map((words) => ({ subject: resource, what: words }));
  });
}

function added(open: Openings, before: Manifest | undefined, after: Manifest | undefined): string[] {
  const known = new Set(before ? open(before) : []);
  return after ? [...new Set(open(after))].filter((opening) => !known.has(opening)) : [];
}

/** A policy that selects by fewer labels than before selects more pods. */
function selectorWidening(before: Manifest | undefined, after: Manifest | undefined): string[] {
  if (before?.kind !== 'SecurityGroupPolicy' || !after) return [];
  const labels = (policy: Manifest) => asTexts(fieldOf(policy, 'spec', 'podSelector', 'matchLabels'));
  const now = labels(after);
  const loosened = Object.entries(labels(before)).filter(([label, value]) => now[label] !== value);
  return loosened.map(([label, value]) => `selects pods without ${label}=${value} too`);
}

function namespaceWidening(before: Manifest | undefined, after: Manifest | undefined): string[] {
  if (!before || !after) return [];
  const level = ({ metadata }: Manifest): number => strictness.indexOf(metadata.labels?.[enforceLabel] ?? 'privileged');
  if (level(after) >= level(before)) return [];
  return [`admits ${strictness[level(after)]} pods, before ${strictness[level(before)]}`];
}

/** Softenings of a pod: what a hardened one has is not said. */
function podOpenings(manifest: Manifest): string[] {
  const spec = podTemplateOf(manifest)?.spec;
  if (!spec) return [];
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  const tokens = spec['automountServiceAccountToken'] === false ? [] : ['pods get a token of the cluster’s API'];
  const account = asText(spec['serviceAccountName']);
  const containers = [...asMaps(spec['containers']), ...asMaps(spec['initContainers'])];
  return [
    ...(account ? [`pods run as the service account ${account}`] : []),
    ...host.map((field) => `pods have ${field}`),
    ...tokens,
    ...containers.flatMap((container) => containerOpenings(container, spec)),
  ];
}

function containerOpenings(container: Record<string, unknown>, spec: Readonly<Record<string, unknown>>): string[] {
  const own = asMap(container['securityContext']);
  const ofPod = asMap(spec['securityContext']);
  const name = `container ${String(container['name'])}`;
  const dropsAll = asList(asMap(own['capabilities'])['drop']).includes('ALL');
  return [
    ...(own['privileged'] === true ? [`${name} is privileged`] : []),
    ...(own['allowPrivilegeEscalation'] === false ? [] : [`${name} may gain privileges`]),
    ...((own['runAsNonRoot'] ?? ofPod['runAsNonRoot']) === true ? [] : [`${name} may run as root`]),
    ...(own['readOnlyRootFilesystem'] === true ? [] : [`${name} may write its file system`]),
    ...(dropsAll ? [] : [`${name} keeps capabilities`]),
    ...asList(asMap(own['capabilities'])['add']).map((capability) => `${name} has ${String(capability)}`),
  ];
}

const ruleWords = (role: Manifest): string[] =>
  asMaps(fieldOf(role, 'rules')).flatMap((rule) => {
    const groups = rule['apiGroups'] === undefined ? [''] : asList(rule['apiGroups']);
    const targets = [...asList(rule['resources']), ...asList(rule['nonResourceURLs'])];
    const names = asList(rule['resourceNames']);
    const only = names.length > 0 ? ` named ${names.join(', ')}` : '';
    return asList(rule['verbs']).flatMap((verb) =>
      groups.flatMap((group) => targets.map((target) => `may ${verb} ${target}${group ? `.${group}` : ''}${only}`)),
    );
  });

const subjectWords = (binding: Manifest): string[] =>
  asMaps(fieldOf(binding, 'subjects')).map((subject) => {
    const space = asText(subject['namespace']);
    const role = asMap(fieldOf(binding, 'roleRef'));
    return `gives ${role['kind']} ${role['name']} to ${subject['kind']} ${space ? `${space}/` : ''}${subject['name']}`;
  });

const pathWords = (ingress: Manifest): string[] =>
  asMaps(fieldOf(ingress, 'spec', 'rules')).flatMap((rule) =>
    asMaps(fieldOf(rule, 'http', 'paths')).map((path) => {
      const service = asText(fieldOf(path, 'backend', 'service', 'name')) ?? '?';
      return `opens ${asText(rule['host']) ?? '*'}${asText(path['path']) ?? '/'} to ${service}`;
    }),
  );

function edgeWords({ metadata }: Manifest): string[] {
  const notes = metadata.annotations ?? {};
  const scheme = notes['alb.ingress.kubernetes.io/scheme'];
  const cidrs = notes['alb.ingress.kubernetes.io/inbound-cidrs'];
  return [
    ...(scheme === 'internet-facing' ? ['faces the internet'] : []),
    ...(notes['alb.ingress.kubernetes.io/wafv2-acl-arn'] ? [] : ['has no web application firewall']),
    ...actionWords(notes),
    ...(cidrs ? cidrs.split(',').map((cidr) => `takes requests from ${cidr.trim()}`) : []),
  ];
}

const actionPrefix = 'alb.ingress.kubernetes.io/actions.';

/** An action in place of a backend's own Service: what it is beside a forward to Services that are called like it. */
const actionWords = (notes: Readonly<Record<string, string>>): string[] =>
  Object.entries(notes)
    .filter(([key]) => key.startsWith(actionPrefix))
    .flatMap(([key, action]) => {
      const name = key.slice(actionPrefix.length);
      const targets = [...action.matchAll(/"ServiceName":\s*"([^"]*)"/gi)].map(([, target = '']) => target);
      if (targets.length === 0) return [`answers for ${name} by an action of its own`];
      return targets.filter((target) => !target.startsWith(name)).map((target) => `forwards ${name} to ${target}`);
    });
