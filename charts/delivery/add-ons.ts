import type { AddOn } from '@millrace/catalog/add-ons.ts';
import { addOns } from '@millrace/catalog/add-ons.ts';
import { clusterLabels, confirmedDeletion } from '../place.ts';
import { addOnValues } from './add-on-values.ts';
import { revisionHistoryLimit, syncPolicy } from './applications.ts';
import type { IgnoredDifference } from './argo-object.ts';
import { addArgoObject } from './argo-object.ts';
import type { DeliveryPlace } from './delivery-place.ts';
import { thisCluster } from './delivery-place.ts';
import { addOnScope, argoNamespace } from './project-scopes.ts';

/** Namespaces that are there before Argo CD is. */
const given: readonly string[] = ['kube-system'];

/**
 * An Application for each add-on, with its chart at a fixed version. It has no finalizer: without its Application an add-on
 * goes on working, and goes only by hand.
 */
export function addAddOns(place: DeliveryPlace): void {
  for (const addOn of addOns) {
    const values = addOnValues[addOn.name];
    const ignoreDifferences = differences[addOn.name];
    if (!values) throw new Error(`${addOn.name} has no values: write them in charts/delivery/add-on-values.ts`);
    addArgoObject(place, 'Application', {
      name: addOn.name,
      wave: 'addOn',
      annotations: confirmedDeletion(place.environment),
      spec: {
        project: addOnScope.name,
        source: {
          repoURL: addOn.chart.repository,
          chart: addOn.chart.name,
          targetRevision: addOn.chart.version,
          helm: { releaseName: releaseName(addOn), valuesObject: values({ ...place, addOn }) },
        },
        destination: { server: thisCluster, namespace: addOn.namespace },
        ...(ignoreDifferences && { ignoreDifferences }),
        revisionHistoryLimit,
        syncPolicy: syncPolicy(
          // Definitions of custom resources are longer than what the other way of applying keeps beside them.
          ['ServerSideApply=true', 'RespectIgnoreDifferences=true'],
          given.includes(addOn.namespace) ? undefined : { labels: namespaceLabels(place) },
        ),
      },
    });
  }
}

/** The release is called like the namespace where the chart has it for itself, so that names do not stutter. */
const releaseName = ({ name, namespace }: AddOn): string => (namespace === argoNamespace ? argoNamespace : name);

/** What we write ourselves keeps the strictest standard; charts of others are held to the one below, and told of the rest. */
function namespaceLabels({ environment, platform }: DeliveryPlace): Record<string, string> {
  const version = `v${platform.cluster.version}`;
  return {
    ...clusterLabels({ environment, platform, name: 'millrace-add-ons', component: 'namespace' }),
    'pod-security.kubernetes.io/enforce': 'baseline',
    'pod-security.kubernetes.io/enforce-version': version,
    'pod-security.kubernetes.io/warn': 'restricted',
    'pod-security.kubernetes.io/warn-version': version,
  };
}

const webhooks = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** The load balancer controller's chart makes a new certificate each time that it is rendered; the first one stays. */
const differences: Record<string, readonly IgnoredDifference[]> = {
  'aws-load-balancer-controller': [
    { kind: 'Secret', name: 'aws-load-balancer-tls', jsonPointers: ['/data'] },
    ...webhooks.map((kind) => ({
      group: 'admissionregistration.k8s.io',
      kind,
      name: 'aws-load-balancer-webhook',
      jqPathExpressions: ['.webhooks[].clientConfig.caBundle'],
    })),
  ],
};
