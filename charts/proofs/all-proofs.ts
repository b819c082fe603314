import type { Fault } from '@millrace/catalog/fault.ts';
import { sortFaults } from '@millrace/catalog/fault.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { addresses } from './addresses.ts';
import { appProjects } from './app-project.ts';
import { canaries } from './canaries.ts';
import { disruptionBudgets, networkServices, scalers, securityGroups } from './companions.ts';
import { connections, drains, graces } from './delivery.ts';
import { eventGraph, eventRules } from './event-rules.ts';
import { fargateProfiles } from './fargate-profiles.ts';
import { identities, pointedAt } from './identity.ts';
import { images } from './images.ts';
import { ingressRoutes } from './ingress-routes.ts';
import type { Proof } from './objects.ts';
import { addOnApplications, appliedFolders, serviceProjects } from './told-to-argo-cd.ts';
import { variables } from './variables.ts';
import { sliceCounts, zoneSlices } from './zone-slices.ts';

/** Every proof by its name. */
export const proofs: Record<string, Proof> = {
  disruptionBudgets,
  securityGroups,
  networkServices,
  scalers,
  zoneSlices,
  sliceCounts,
  canaries,
  identities,
  pointedAt,
  fargateProfiles,
  appProjects,
  appliedFolders,
  serviceProjects,
  addOnApplications,
  graces,
  drains,
  connections,
  eventGraph,
  eventRules,
  ingressRoutes,
  images,
  variables,
  addresses,
};

/** Everything that must hold over a whole rendered environment; all faults, sorted. */
export const prove = (set: RenderedEnvironment): Fault[] =>
  sortFaults(Object.values(proofs).flatMap((proof) => proof(set)));
