import { breakGlassGroup, groupOf } from './team-roles.ts';

/** The team that keeps the clusters. */
const platformTeam = 'platform';

/** Looks at everything, and starts again what stands in Git. It makes, changes and deletes nothing. */
const platformRules = [
  'applications, get, */*',
  'applications, sync, */*',
  'applications, action/argoproj.io/Rollout/*, */*',
  'applicationsets, get, */*',
  'clusters, get, *',
  'logs, get, */*',
  'projects, get, *',
  'repositories, get, *',
];

/**
 * ConfigMap argocd-rbac-cm. Who belongs to no group sees nothing; teams have a role in their own projects; break-glass may
 * all, and is a group that is empty until it is needed.
 */
export const accessPolicy = {
  'policy.default': '',
  'policy.csv': [
    ...platformRules.map((rule) => `p, role:${platformTeam}, ${rule}, allow`),
    `g, ${groupOf(platformTeam)}, role:${platformTeam}`,
    `g, ${breakGlassGroup}, role:admin`,
    '',
  ].join('\n'),
  // Cognito writes a person's groups into the token under this name.
  scopes: '[cognito:groups]',
};
