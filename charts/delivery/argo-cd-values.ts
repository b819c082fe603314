import type { AddOnPlace } from './add-on-facts.ts';
import { budgetOf, podValues, serviceAccountValues } from './add-on-facts.ts';
import { accessPolicy } from './argo-cd-access.ts';
import { argoCdIngress } from './argo-cd-ingress.ts';
import { argoCdRules, argoCdServerRules } from './argo-cd-rights.ts';
import { argoCdSettings } from './argo-cd-settings.ts';
import { noticeValues } from './notices.ts';

/** No sync waits longer for what does not become healthy: a canary takes some ten minutes. */
const syncTimeoutSeconds = 1_800;

/**
 * Argo CD without Dex, without a password, without a shell into pods, with the rights that our projects ask for.
 * Source: argoproj/argo-helm argo-cd-9.3.5, charts/argo-cd/values.yaml.
 */
export function argoCdValues(place: AddOnPlace): object {
  const { platform, services, addOn } = place;
  return {
    // The names that admission policies, roles and the tests know: argocd-application-controller and so on.
    fullnameOverride: 'argocd',
    crds: { install: true, keep: true },
    global: {
      domain: platform.argocd.domain,
      image: { tag: addOn.imageTag },
      logging: { format: 'json', level: 'info' },
    },
    configs: {
      cm: argoCdSettings(platform),
      params: {
        // TLS ends at the load balancer, as for services.
        'server.insecure': 'true',
        'server.sync.replace.allowed': 'false',
        'controller.sync.timeout.seconds': String(syncTimeoutSeconds),
        'reposerver.enable.git.submodule': 'false',
        'applicationsetcontroller.enable.git.submodule': 'false',
        'applicationsetcontroller.enable.scm.providers': 'false',
      },
      rbac: accessPolicy,
      ...(platform.delivery.signatureKeys && { gpg: { keys: platform.delivery.signatureKeys } }),
    },
    controller: {
      ...partOf(place, 'application-controller'),
      clusterRoleRules: { enabled: true, rules: argoCdRules(services) },
    },
    repoServer: partOf(place, 'repo-server'),
    server: {
      ...partOf(place, 'server'),
      clusterRoleRules: { enabled: true, rules: argoCdServerRules },
      ingress: argoCdIngress(platform),
    },
    applicationSet: partOf(place, 'applicationset-controller'),
    notifications: {
      ...partOf(place, 'notifications-controller'),
      ...noticeValues(place),
      serviceAccount: serviceAccountValues(place),
    },
    redis: { resources: podValues(place, 'redis').resources },
    dex: { enabled: false },
    'redis-ha': { enabled: false },
    commitServer: { enabled: false },
  };
}

function partOf(place: AddOnPlace, name: string): object {
  const pods = podValues(place, name);
  const budget = budgetOf(pods);
  return { ...pods, metrics: { enabled: true }, ...(budget && { pdb: { enabled: true, ...budget } }) };
}
