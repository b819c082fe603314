import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from './testing.ts';
import { kubeconfigFile, readUsers, writeKubeconfigs } from './users.ts';

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place.remove());

test('each user has a token of its own, which stays', () => {
  const users = readUsers(place.path);
  expect(new Set(Object.values(users).map(({ token }) => token)).size).toBe(Object.keys(users).length);
  expect(readUsers(place.path)).toEqual(users);
  expect(users['argocd-application-controller']).toMatchObject({
    name: 'system:serviceaccount:argocd:argocd-application-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:argocd', 'system:authenticated'],
  });
});

test('a kubeconfig is for one user, works in the namespace of its program, and nobody else may read it', () => {
  const certificateFile = join(place.path, 'server.crt');
  writeFileSync(certificateFile, 'a certificate');
  const users = readUsers(place.path);
  writeKubeconfigs(place.path, { port: 1234, certificateFile, users });
  const path = kubeconfigFile(place.path, 'argo-rollouts');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    clusters: [{ cluster: { server: 'https://127.0.0.1:1234', 'certificate-authority-data': 'YSBjZXJ0aWZpY2F0ZQ==' } }],
    users: [{ name: 'argo-rollouts', user: { token: users['argo-rollouts'].token } }],
    contexts: [{ context: { user: 'argo-rollouts', namespace: 'argo-rollouts' } }],
  });
});
