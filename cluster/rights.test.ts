import { expect, test } from 'vitest';
import { pathOf } from './objects.ts';
import { deliveryRights, simulatedRights } from './rights.ts';

test('each part that is played has a role of its own, bound to one user', () => {
  const objects = [...simulatedRights(), ...deliveryRights()];
  const users = objects.flatMap(({ subjects }) => (subjects as { name: string }[] | undefined) ?? []);
  expect(users.map(({ name }) => name)).toEqual([
    'eks:fargate-scheduler',
    'eks:fargate-manager',
    'system:serviceaccount:keda:keda-operator',
    'system:serviceaccount:kube-system:aws-load-balancer-controller',
    'system:serviceaccount:argocd:argocd-application-controller',
    'system:serviceaccount:argocd:argocd-server',
    'system:serviceaccount:argo-rollouts:argo-rollouts',
  ]);
  const paths = objects.map(pathOf);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths[0]).toBe('/apis/rbac.authorization.k8s.io/v1/clusterroles/eks:fargate-scheduler');
});

test('nobody who is played may read secrets or become more than it is', () => {
  const rules = simulatedRights().flatMap(({ rules }) => (rules as { resources: string[]; verbs: string[] }[]) ?? []);
  expect(rules.flatMap(({ resources }) => resources).filter((name) => /secrets|token|\*/.test(name))).toEqual([]);
  expect(rules.flatMap(({ verbs }) => verbs).filter((verb) => /impersonate|escalate|bind|\*/.test(verb))).toEqual([]);
});

test('the address of an object says its group, its namespace and its kind', () => {
  const order = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'order' } };
  expect(pathOf(order)).toBe('/api/v1/namespaces/order/configmaps/a');
  expect(() => pathOf({ ...order, kind: 'Pod' })).toThrow('Pod is not a kind');
});
