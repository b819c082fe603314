import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiUser } from '@millrace/policies/tools/control-plane-programs.ts';
import { readSecrets } from './secrets.ts';

const accountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
  'system:authenticated',
];
const account = (namespace: string, name: string) => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: accountGroups(namespace),
});

/**
 * Who signs in with a token of its own, by the name of its kubeconfig. Each of Argo's programs is the service account
 * that its chart gives it. Whoever else acts (nodes, Fargate's scheduler, KEDA) is impersonated by the simulation.
 */
const users = {
  admin: { name: 'admin', groups: ['system:masters'] },
  'kube-controller-manager': { name: 'system:kube-controller-manager', groups: ['system:authenticated'] },
  'argocd-application-controller': account('argocd', 'argocd-application-controller'),
  'argocd-applicationset-controller': account('argocd', 'argocd-applicationset-controller'),
  'argocd-server': account('argocd', 'argocd-server'),
  'argo-rollouts': account('argo-rollouts', 'argo-rollouts'),
} as const;
export type UserName = keyof typeof users;

/** The namespace that a kubeconfig's user works in when it says none. */
const namespaces: Partial<Record<UserName, string>> = { 'argo-rollouts': 'argo-rollouts' };

/** The users with their tokens, which are made once for a folder and stay. */
export function readUsers(folder: string): Record<UserName, ApiUser> {
  const names = Object.keys(users) as UserName[];
  const tokens = readSecrets(folder, names);
  const entries = names.map((name): [UserName, ApiUser] => [name, { ...users[name], token: tokens[name] }]);
  return Object.fromEntries(entries) as Record<UserName, ApiUser>;
}

/** Where a user's kubeconfig lies. */
export const kubeconfigFile = (folder: string, name: UserName): string => join(folder, 'kubeconfigs', `${name}.yaml`);

/** Writes a kubeconfig for each user; it holds the server's certificate, so the server must have started once. */
export function writeKubeconfigs(
  folder: string,
  facts: { port: number; certificateFile: string; users: Record<UserName, ApiUser> },
): void {
  mkdirSync(join(folder, 'kubeconfigs'), { recursive: true, mode: 0o700 });
  const server = `https://127.0.0.1:${facts.port}`;
  const certificate = readFileSync(facts.certificateFile).toString('base64');
  for (const [name, user] of Object.entries(facts.users) as [UserName, ApiUser][]) {
    const namespace = namespaces[name] ?? 'argocd';
    // JSON is YAML.
    const text = JSON.stringify(
      {
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'millrace',
        clusters: [{ name: 'millrace', cluster: { server, 'certificate-authority-data': certificate } }],
        users: [{ name, user: { token: user.token } }],
        contexts: [{ name: 'millrace', context: { cluster: 'millrace', user: name, namespace } }],
      },
      null,
      2,
    );
    writeFileSync(kubeconfigFile(folder, name), `${text}\n`, { mode: 0o600 });
  }
}
