import type { BadSet } from './bad-sets.ts';
import { goodSet, withObject, withoutObject } from './sets.ts';

const prod = goodSet('prod');
const applications = 'argocd/applicationset-services.yaml';
const keda = 'argocd/application-keda.yaml';

/** What Argo CD is told wrongly. */
export const badDelivery: readonly BadSet[] = [
  {
    code: 'X511',
    proof: 'appliedFolders',
    what: 'a folder that no Application has',
    set: withObject(prod, 'argocd/application-cluster.yaml', (application) => {
      application.spec.source.directory.include = '{cluster/*,aws-observability/*}';
    }),
    place: 'manifests/prod/millrace-policy',
    message: 'no Application applies it',
  },
  {
    code: 'X511',
    proof: 'appliedFolders',
    what: 'a folder that two Applications have',
    set: withObject(prod, applications, ({ spec }) => {
      const { git } = spec.generators[0];
      git.directories = git.directories.filter(({ path }: { path: string }) => !path.endsWith('/argocd'));
    }),
    place: 'manifests/prod/argocd',
    message: 'root and services both apply it',
  },
  {
    code: 'X512',
    proof: 'serviceProjects',
    what: 'a service without a project',
    set: withoutObject(prod, 'argocd/appproject-order.yaml'),
    place: 'manifests/prod/order',
    message: 'there is no project order',
  },
  {
    code: 'X512',
    proof: 'serviceProjects',
    what: 'a project that reaches into another namespace',
    set: withObject(prod, 'argocd/appproject-order.yaml', ({ spec }) => {
      spec.destinations.push({ ...spec.destinations[0], namespace: 'payment' });
    }),
    place: 'manifests/prod/argocd/appproject-order.yaml spec.destinations',
    message: 'Write the namespace order alone',
  },
  {
    code: 'X512',
    proof: 'serviceProjects',
    what: 'a project that reads any repository',
    set: withObject(prod, 'argocd/appproject-order.yaml', ({ spec }) => {
      spec.sourceRepos = ['*'];
    }),
    place: 'manifests/prod/argocd/appproject-order.yaml spec.sourceRepos',
    message: 'Write https://git.millrace.example/millrace/millrace.git alone',
  },
  {
    code: 'X512',
    proof: 'serviceProjects',
    what: 'the default project as Argo CD makes it',
    set: withObject(prod, 'argocd/appproject-default.yaml', ({ spec }) => {
      spec.destinations = undefined;
    }),
    place: 'manifests/prod/argocd/appproject-default.yaml',
    message: 'is not emptied',
  },
  {
    code: 'X513',
    proof: 'addOnApplications',
    what: 'an add-on that nobody brings',
    set: withoutObject(prod, keda),
    place: 'catalog/add-ons.ts keda',
    message: 'no Application brings it',
  },
  {
    code: 'X513',
    proof: 'addOnApplications',
    what: 'a chart of any version',
    set: withObject(prod, keda, ({ spec }) => {
      spec.source.targetRevision = '2.*';
    }),
    place: 'manifests/prod/argocd/application-keda.yaml spec.source.targetRevision',
    message: 'may be another one tomorrow',
  },
  {
    code: 'X513',
    proof: 'addOnApplications',
    what: 'a chart of somebody else',
    set: withObject(prod, keda, ({ spec }) => {
      spec.source.repoURL = 'https://charts.elsewhere.example';
    }),
    place: 'manifests/prod/argocd/application-keda.yaml spec.source.repoURL',
    message: 'project add-ons may not read https://charts.elsewhere.example',
  },
  {
    code: 'X514',
    proof: 'addOnApplications',
    what: 'an add-on in a namespace without a Fargate profile',
    set: withObject(prod, 'argocd/application-metrics-server.yaml', ({ spec }) => {
      spec.destination.namespace = 'metrics';
    }),
    place: 'manifests/prod/argocd/application-metrics-server.yaml spec.destination.namespace',
    message: 'no Fargate profile takes pods of metrics',
  },
  {
    code: 'X515',
    proof: 'addOnApplications',
    what: "an add-on with another one's role",
    set: withObject(prod, keda, ({ spec }) => {
      spec.source.helm.valuesObject.podIdentity.aws.irsa.roleArn = prod.platform.addOns['argo-rollouts']?.roleArn;
    }),
    place: 'manifests/prod/argocd/application-keda.yaml spec.source.helm.valuesObject',
    message: 'Write arn:aws:iam::777788889999:role/prod-millrace-keda',
  },
  {
    code: 'X515',
    proof: 'addOnApplications',
    what: 'an add-on whose role trusts another namespace',
    set: withObject(prod, keda, ({ spec }) => {
      spec.destination.namespace = 'argocd';
    }),
    place: 'manifests/prod/argocd/application-keda.yaml spec.destination.namespace',
    message: 'Write keda',
  },
];
