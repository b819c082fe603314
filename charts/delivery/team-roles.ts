import type { Service } from '@millrace/catalog/service.ts';
import type { AppProjectSpec } from './argo-object.ts';

/** The group of a team in the identity provider. */
export const groupOf = (team: string): string => `millrace:${team}`;
/** Who is in it may what admission and Argo CD refuse to all others; the cluster knows it by the same name. */
export const breakGlassGroup = groupOf('break-glass');

/** What a person may do to a canary without Git: end it, or say how it goes on. */
const rolloutActions = ['abort', 'promote-full', 'resume', 'retry'];

/** What the team of a service may do to its Application: look, read logs, sync what stands in Git, end or promote a canary. */
export function serviceRoles({ name, owner }: Service): NonNullable<AppProjectSpec['roles']> {
  const allow = (resource: string, action: string): string =>
    `p, proj:${name}:team, ${resource}, ${action}, ${name}/*, allow`;
  return [
    {
      name: 'team',
      description: `The team ${owner}: sees, syncs what stands in Git, ends or promotes a canary. It changes nothing but by Git.`,
      groups: [groupOf(owner)],
      policies: [
        allow('applications', 'get'),
        allow('applications', 'sync'),
        ...rolloutActions.map((action) => allow('applications', `action/argoproj.io/Rollout/${action}`)),
        allow('logs', 'get'),
      ],
    },
  ];
}
