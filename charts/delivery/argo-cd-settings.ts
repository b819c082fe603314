import type { Platform } from '@millrace/catalog/platform.ts';

/** How healthy an Application is, so that the root waits for what comes first. Source: Argo CD 3.2, "Resource Health". */
const applicationHealth = `hs = {}
hs.status = "Progressing"
hs.message = ""
if obj.status ~= nil and obj.status.health ~= nil then
  hs.status = obj.status.health.status
  if obj.status.health.message ~= nil then
    hs.message = obj.status.health.message
  end
end
return hs
`;

/** Objects that come and go by the thousand and stand in no folder of Git. */
const unwatched = `- apiGroups: ["", discovery.k8s.io]
  kinds: [Endpoints, EndpointSlice]
- apiGroups: [""]
  kinds: [Event]
- apiGroups: [events.k8s.io]
  kinds: [Event]
- apiGroups: [coordination.k8s.io]
  kinds: [Lease]
- apiGroups: [authentication.k8s.io, authorization.k8s.io]
  kinds: ["*"]
- apiGroups: [certificates.k8s.io]
  kinds: [CertificateSigningRequest]
- apiGroups: [metrics.k8s.io, external.metrics.k8s.io]
  kinds: ["*"]
`;

/** How Argo CD behaves, wherever it runs: a part of ConfigMap argocd-cm. */
export const argoCdBehaviour: Record<string, string> = {
  'application.resourceTrackingMethod': 'annotation',
  'resource.customizations.health.argoproj.io_Application': applicationHealth,
  'resource.customizations.ignoreResourceUpdates.all': 'jsonPointers:\n  - /status\n',
  'resource.exclusions': unwatched,
  // A push is told by a webhook; this is for the one that got lost.
  'timeout.reconciliation': '120s',
  'timeout.reconciliation.jitter': '60s',
};

/** The whole of ConfigMap argocd-cm: how it behaves, and who gets in: through Cognito, nobody by a password of Argo CD's own. */
export function argoCdSettings({ argocd }: Platform): Record<string, string> {
  const singleSignOn = {
    name: 'Cognito',
    issuer: argocd.issuerUrl,
    clientID: argocd.clientId,
    // A public client: there is no secret to keep.
    enablePKCEAuthentication: true,
    requestedScopes: ['openid', 'profile', 'email'],
  };
  return {
    ...argoCdBehaviour,
    url: `https://${argocd.domain}`,
    'admin.enabled': 'false',
    'exec.enabled': 'false',
    'users.anonymous.enabled': 'false',
    'statusbadge.enabled': 'false',
    'oidc.config': JSON.stringify(singleSignOn),
  };
}
