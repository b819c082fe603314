import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { PodTemplate } from '@millrace/fargate/pod-template.ts';
import { podTemplateOf } from '@millrace/fargate/pod-template.ts';
import { readManifests } from '@millrace/fargate/read-manifests.ts';
import { countOutcomes, proveEvaluator, startApiServer } from '@millrace/policies/admission/testing/proof.ts';
import type { Reply } from '@millrace/policies/tools/api-client.ts';
import type { ControlPlane } from '@millrace/policies/tools/control-plane.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deliveryFolder, serviceNames } from './delivery.ts';
import { seconds } from './patience.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startApiServer();
}, seconds(180));
afterAll(() => plane?.stop(), seconds(60));

/** One of a service's pods, as a controller would make it. */
interface RenderedPod {
  id: string;
  /** Where it is made here: a namespace with the labels of its own. */
  namespace: string;
  template: PodTemplate;
}

const read = (environment: EnvironmentName): Manifest[] =>
  readManifests(join(deliveryFolder(), 'work/manifests', environment)).map(({ manifest }) => manifest);

async function make(path: string, body: unknown): Promise<void> {
  const reply = await plane.ask('POST', path, { body });
  if (reply.status >= 300) throw new Error(`POST ${path}: ${reply.status} ${String(reply.body['message'])}`);
}

/** Makes a namespace like each of the environment's, and gives the pods that belong there. */
async function preparePods(environment: EnvironmentName, manifests: readonly Manifest[]): Promise<RenderedPod[]> {
  for (const { kind, metadata } of manifests.filter((each) => each.kind === 'Namespace')) {
    const { name, labels } = metadata;
    const own = { name: `${environment}-${name}`, labels };
    await make('/api/v1/namespaces', { apiVersion: 'v1', kind, metadata: own });
  }
  return manifests.flatMap((manifest): RenderedPod[] => {
    const template = podTemplateOf(manifest);
    const { name, namespace } = manifest.metadata;
    if (!template) return [];
    return [
      {
        id: `${environment} ${manifest.kind} ${namespace}/${name}`,
        namespace: `${environment}-${namespace}`,
        template,
      },
    ];
  });
}

function tryPod({ namespace, template }: RenderedPod, spec: object): Promise<Reply> {
  const { labels, annotations } = template;
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'tried', labels, annotations }, spec };
  return plane.ask('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All`, { body });
}

it(
  'Pod Security restricted: every pod of every environment is admitted',
  async () => {
    const classes = read('dev').filter(({ kind }) => kind === 'PriorityClass');
    for (const each of classes) await make('/apis/scheduling.k8s.io/v1/priorityclasses', each);
    const counts: string[] = [];
    for (const environment of environmentNames) {
      const manifests = read(environment);
      const pods = await preparePods(environment, manifests);
      const own = new Set(pods.map(({ namespace }) => namespace.slice(environment.length + 1)));
      const labelled = manifests.filter(({ kind, metadata }) => kind === 'Namespace' && own.has(metadata.name));
      expect(labelled.map(({ metadata }) => metadata.labels?.['pod-security.kubernetes.io/enforce'])).toEqual(
        serviceNames.map(() => 'restricted'),
      );
      expect(pods.length).toBeGreaterThan(serviceNames.length);
      const outcomes = await Promise.all(
        pods.map(async (pod) => {
          const [own, bad] = [
            await tryPod(pod, pod.template.spec),
            await tryPod(pod, { ...pod.template.spec, hostNetwork: true }),
          ];
          return {
            id: pod.id,
            status: own.status,
            message: own.body['message'],
            warnings: own.warnings,
            bad: bad.body,
          };
        }),
      );
      expect(outcomes.filter(({ status, warnings }) => status !== 201 || warnings.length > 0)).toEqual([]);
      // The label is what admits and refuses here.
      for (const { bad } of outcomes) expect(bad['message']).toMatch(/violates PodSecurity "restricted:/);
      counts.push(`${environment} ${pods.length}`);
    }
    process.stdout.write(`admission.test.ts: pods admitted under Pod Security restricted: ${counts.join(', ')}\n`);
  },
  seconds(120),
);

it(
  "every V-rule's good and bad manifest: the API server agrees with make validate, case by case",
  async () => {
    const proof = await proveEvaluator(plane);
    expect(proof.compared.filter(({ outcome }) => outcome === 'different')).toEqual([]);
    const { same, invalid } = countOutcomes(proof);
    // What the API refuses by itself never comes as far as a policy; those are few, or the proof would say little.
    expect(invalid).toBeLessThan(proof.compared.length / 50);
    expect(same + invalid).toBe(proof.compared.length);
    process.stdout.write(
      `admission.test.ts: kube-apiserver ${proof.version}, ${proof.policies} policies, ${proof.compared.length} requests: ${same} the same verdict, ${invalid} refused by the API itself\n`,
    );
  },
  seconds(240),
);
