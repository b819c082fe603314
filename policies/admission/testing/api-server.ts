import { policyParametersPlace } from '@millrace/catalog/policy-parameters.ts';
import type { Reply } from '../../tools/api-client.ts';
import type { ControlPlane } from '../../tools/control-plane.ts';
import type { KubernetesObject, Verdict } from '../evaluate.ts';
import type { Policy } from '../policies.ts';
import type { Case } from './cases.ts';
import { pathOf } from './paths.ts';

/** What the API server and the evaluator said of one request. */
export interface Comparison {
  id: string;
  /** `invalid`: the API server refused the object before it asked any policy. */
  outcome: 'same' | 'different' | 'invalid';
  detail: string;
}

const group = '/apis/admissionregistration.k8s.io/v1';
const bindings = `${group}/validatingadmissionpolicybindings`;
const parametersPath = `/api/v1/namespaces/${policyParametersPlace.namespace}/configmaps/${policyParametersPlace.name}`;
/** The API server cuts each warning at 256 characters once all of them are long. */
const comparedCharacters = 120;
const settleMs = 60_000;
const pollMs = 200;

/** Namespaces, parameters and policies; a policy works once it has a binding. */
export async function installPolicies(
  plane: ControlPlane,
  facts: { policies: readonly Policy[]; parameters: KubernetesObject },
): Promise<void> {
  for (const name of ['order', 'dashboard', policyParametersPlace.namespace]) await makeNamespace(plane, { name });
  await must(plane, 'POST', parametersPath.replace(/\/[^/]+$/, ''), facts.parameters);
  for (const policy of [keeper, ...facts.policies]) {
    await must(plane, 'POST', `${group}/validatingadmissionpolicies`, policy);
  }
  await must(plane, 'POST', bindings, bindingOf(keeper));
}

/**
 * Once no bound policy has parameters, Kubernetes 1.35 stops watching them and never starts again: the next policy sees
 * them as they were. This one, which matches nothing that a case makes, keeps it watching.
 */
const keeper: Policy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'keeper' },
  spec: {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    failurePolicy: 'Fail',
    matchConstraints: { resourceRules: [rule({ resources: ['podtemplates'] })] },
    validations: [{ expression: 'true', message: 'It matches nothing.' }],
  },
};

function rule({ resources }: { resources: string[] }): Policy['spec']['matchConstraints']['resourceRules'][number] {
  return { apiGroups: [''], apiVersions: ['v1'], resources, operations: ['CREATE'] };
}

/** With a binding that warns, one request tells everything that a policy says of it. */
function bindingOf({ metadata, spec }: Policy): KubernetesObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: {
      policyName: metadata.name,
      validationActions: ['Warn'],
      ...(spec.paramKind && { paramRef: { ...policyParametersPlace, parameterNotFoundAction: 'Deny' } }),
    },
  };
}

/** Lets a policy speak. The API server takes a binding up a second later: make it while another policy is compared. */
export const bindPolicy = (plane: ControlPlane, policy: Policy): Promise<void> =>
  must(plane, 'POST', bindings, bindingOf(policy));

/**
 * Makes the requests of a policy that is bound as dry runs, and unbinds it. Few others may be bound meanwhile: the API
 * server cuts many warnings short.
 */
export async function comparePolicy(
  plane: ControlPlane,
  facts: { policy: Policy; cases: readonly Case[]; verdicts: ReadonlyMap<string, Verdict> },
): Promise<Comparison[]> {
  const { policy, cases, verdicts } = facts;
  const compared: Comparison[] = [];
  // A case that is refused comes first: until it is, the API server has not taken up the binding.
  for (const each of cases.toSorted((a, b) => b.refused.length - a.refused.length)) {
    await setParameters(plane, each.params);
    compared.push(await compare(plane, { each, verdict: verdicts.get(each.request.id) }));
  }
  await must(plane, 'DELETE', `${bindings}/${policy.metadata.name}`, undefined);
  return compared;
}

let written = '{}';

async function setParameters(plane: ControlPlane, params: Record<string, string>): Promise<void> {
  const wished = JSON.stringify(params);
  if (wished === written) return;
  const { body } = await plane.ask('GET', parametersPath);
  standard ??= body['data'] as Record<string, string>;
  await must(plane, 'PUT', parametersPath, { ...body, data: { ...standard, ...params } });
  written = wished;
}

let standard: Record<string, string> | undefined;

/** The API server learns of a binding and of parameters a moment later, so a difference counts only when it stays. */
async function compare(plane: ControlPlane, facts: { each: Case; verdict: Verdict | undefined }): Promise<Comparison> {
  const { each, verdict } = facts;
  const kind = (each.request.object as KubernetesObject | undefined)?.['kind'];
  const needsOwn = each.namespace !== undefined || each.request.oldObject !== undefined;
  ownNamespaces += 1;
  const name = `order-${ownNamespaces}`;
  if (needsOwn && kind !== 'Namespace') await makeNamespace(plane, { name, ...each.namespace });
  const place = { namespace: needsOwn ? name : undefined, name };
  const until = performance.now() + settleMs;
  for (;;) {
    const reply = await send(plane, each, place);
    const found = outcomeOf(each, { verdict, reply });
    if (found.outcome === 'same' || performance.now() > until) return found;
    // What breaks its schema, or has no place to be in, does not come as far as a policy later either.
    const isFinal = reply.status === 404 || reply.status === 422 || (verdict?.denied.length ?? 0) === 0;
    if (found.outcome === 'invalid' && isFinal) return found;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

let ownNamespaces = 0;

function outcomeOf(each: Case, facts: { verdict: Verdict | undefined; reply: Reply }): Comparison {
  const { reply, verdict } = facts;
  const { id } = each.request;
  const real = deniedBy(each.policy, reply.warnings);
  const said = (verdict?.denied ?? []).map(({ message }) => message.slice(0, comparedCharacters));
  const isConnect = each.request.operation === 'CONNECT';
  // Nobody runs pods here: a connection fails after admission let it pass.
  if (reply.status >= 400 && !isConnect && real.length === 0) {
    return { id, outcome: 'invalid', detail: `${reply.status} ${String(reply.body['message']).slice(0, 300)}` };
  }
  if (JSON.stringify(real.sort()) === JSON.stringify(said.sort())) return { id, outcome: 'same', detail: '' };
  return { id, outcome: 'different', detail: `API server ${JSON.stringify(real)}, evaluator ${JSON.stringify(said)}` };
}

const deniedBy = (policy: string, warnings: readonly string[]): string[] =>
  warnings.flatMap((text) => {
    const match = /ValidatingAdmissionPolicy '([^']+)' with binding '[^']+': (.*)$/s.exec(text);
    return match?.[1] === policy ? [(match[2] ?? '').slice(0, comparedCharacters)] : [];
  });

async function send(plane: ControlPlane, { request }: Case, place: Place): Promise<Reply> {
  const object = moved(request.object, place);
  const oldObject = moved(request.oldObject, place);
  const path = pathOf(object ?? oldObject, request);
  const user = request.userInfo;
  const dry = 'dryRun=All';
  if (request.operation === 'CONNECT') return plane.ask('POST', path.named, { body: object, user });
  if (request.operation !== 'UPDATE' && request.operation !== 'DELETE') {
    return plane.ask('POST', `${path.collection}?${dry}`, { body: object, user });
  }
  await plane.ask('POST', path.collection, { body: oldObject });
  if (request.operation === 'DELETE') return plane.ask('DELETE', `${path.named}?${dry}`, { user });
  return plane.ask('PUT', `${path.named}?${dry}`, { body: object, user });
}

interface Place {
  /** The case's own namespace, where it needs one. */
  namespace: string | undefined;
  /** The name of a Namespace that is the case's object. */
  name: string;
}

function moved(object: unknown, { namespace, name }: Place): KubernetesObject | undefined {
  const given = object as KubernetesObject | undefined;
  // The namespace that every cluster has keeps its name: that is what a case about it is about.
  const isDefault = (given?.['metadata'] as { name?: string } | undefined)?.name === 'default';
  if (given?.['kind'] === 'Namespace' && isDefault) return given;
  if (given?.['kind'] === 'Namespace') return { ...given, metadata: { ...(given['metadata'] as object), name } };
  if (!given || namespace === undefined) return given;
  return { ...given, metadata: { ...(given['metadata'] as object), namespace } };
}

async function makeNamespace(
  plane: ControlPlane,
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> },
): Promise<void> {
  await must(plane, 'POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
}

async function must(plane: ControlPlane, method: string, path: string, body: unknown): Promise<void> {
  const reply = await plane.ask(method, path, { body });
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${String(reply.body['message'])}`);
}
