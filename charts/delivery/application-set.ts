import { environments } from '@millrace/catalog/environments.ts';
import { clusterLabels, confirmedDeletion } from '../place.ts';
import { revisionHistoryLimit, syncPolicy } from './applications.ts';
import type { IgnoredDifference } from './argo-object.ts';
import { addArgoObject, resourcesFinalizer } from './argo-object.ts';
import type { DeliveryPlace } from './delivery-place.ts';
import { folderOf, thisCluster } from './delivery-place.ts';
import { argoNamespace, clusterScope } from './project-scopes.ts';

/** What the generator says of a folder. */
const folderName = '{{ .path.basename }}';
const folderPath = '{{ .path.path }}';

/**
 * One Application for each folder of a service, in the project of its name. A folder without a project makes an Application
 * that Argo CD refuses. Where deletion is confirmed, a folder that goes leaves its Application, which then says so.
 */
export function addServiceApplications(place: DeliveryPlace): void {
  const { environment, platform } = place;
  const { repository, revision } = platform.delivery;
  const { confirmsDeletion } = environments[environment];
  addArgoObject(place, 'ApplicationSet', {
    name: 'services',
    wave: 'services',
    annotations: confirmedDeletion(environment),
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      generators: [
        {
          git: {
            repoURL: repository,
            revision,
            directories: [
              { path: `${folderOf(environment)}/*` },
              ...[argoNamespace, 'cluster', ...clusterScope.namespaces].map((folder) => ({
                path: `${folderOf(environment)}/${folder}`,
                exclude: true as const,
              })),
            ],
          },
        },
      ],
      preservedFields: { annotations: personsAnnotations },
      syncPolicy: confirmsDeletion
        ? { applicationsSync: 'create-update', preserveResourcesOnDeletion: true }
        : { applicationsSync: 'sync', preserveResourcesOnDeletion: false },
      template: {
        metadata: {
          name: folderName,
          labels: clusterLabels({ environment, platform, name: 'millrace-delivery', component: 'service' }),
          ...(!confirmsDeletion && { finalizers: [resourcesFinalizer] }),
        },
        spec: {
          project: folderName,
          source: {
            repoURL: repository,
            targetRevision: revision,
            path: folderPath,
          },
          destination: { server: thisCluster, namespace: folderName },
          ignoreDifferences: heldByRollouts,
          revisionHistoryLimit,
          syncPolicy: syncPolicy(['RespectIgnoreDifferences=true']),
        },
      },
    },
  });
}

/** What a person says to one Application, which the ApplicationSet would take away: that something may go, that it rests. */
const personsAnnotations = ['argocd.argoproj.io/deletion-approved', 'argocd.argoproj.io/skip-reconcile'];

const actionAnnotations =
  '.metadata.annotations[(.metadata.annotations // {} | keys[] | select(startswith("alb.ingress.kubernetes.io/actions.")))]';

/** What Argo Rollouts changes while a canary runs: the load balancer's weights, and which pods a Service means. */
const heldByRollouts: readonly IgnoredDifference[] = [
  { group: 'networking.k8s.io', kind: 'Ingress', jqPathExpressions: [actionAnnotations] },
  { kind: 'Service', jsonPointers: ['/spec/selector/rollouts-pod-template-hash'] },
];
