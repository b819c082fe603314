import { asCount, asText, fieldOf } from '../fields.ts';
import type { Rule } from '../rule.ts';
import { containerRule, kindRule, podRule, sources, when } from '../rule.ts';
import { wordsOf } from '../workloads.ts';

const jobTtl = kindRule(
  {
    id: 'F24',
    name: 'job-ttl',
    severity: 'error',
    source: sources.fargate,
    kinds: ['Job', 'CronJob'],
  },
  ({ manifest }) => {
    const path = manifest.kind === 'Job' ? ['spec'] : ['spec', 'jobTemplate', 'spec'];
    return when(
      asCount(fieldOf(manifest, ...path, 'ttlSecondsAfterFinished')) === undefined,
      'keeps its finished pods, and Fargate bills them until they are deleted.',
      `Write ${path.join('.')}.ttlSecondsAfterFinished: 300.`,
    );
  },
);

const hookDelete = kindRule(
  {
    id: 'F24',
    name: 'hook-delete-policy',
    severity: 'warning',
    source: `${sources.fargate}; Argo CD, resource hooks`,
    kinds: ['Job'],
  },
  ({ manifest }) => {
    const annotations = manifest.metadata.annotations ?? {};
    return when(
      Object.hasOwn(annotations, 'argocd.argoproj.io/hook') &&
        !Object.hasOwn(annotations, 'argocd.argoproj.io/hook-delete-policy'),
      'is a hook without a delete policy: a Job cannot be changed, so the next sync meets the old one.',
      'Write the annotation argocd.argoproj.io/hook-delete-policy: BeforeHookCreation,HookSucceeded.',
    );
  },
);

/** Annotations by which a tool deletes what it ran. */
const deletePolicies = ['helm.sh/hook-delete-policy', 'argocd.argoproj.io/hook-delete-policy'];

const finishedPod = podRule(
  {
    id: 'F24',
    name: 'finished-pod',
    severity: 'warning',
    source: sources.fargate,
  },
  ({ manifest, isEndless }) =>
    when(
      manifest.kind === 'Pod' &&
        !isEndless &&
        !deletePolicies.some((name) => Object.hasOwn(manifest.metadata.annotations ?? {}, name)),
      'is a Pod that ends and stays: Fargate bills it until somebody deletes it.',
      `Make it a Job with ttlSecondsAfterFinished: 300; for a test of Helm write ${deletePolicies[0]}: hook-succeeded.`,
    ),
);

/** Soft and hard limits of a Fargate node. */
const hardLimit = 65_535;

const fileLimits = containerRule(
  {
    id: 'F27',
    name: 'file-limits',
    severity: 'warning',
    source: sources.fargate,
  },
  (container) => {
    const asked = wordsOf(container)
      .flatMap((word) => [...word.matchAll(/\bulimit\s+(?:-[HS]+\s+)?-[HS]*[nu]\s+(\d{1,12}|unlimited)/g)])
      .flatMap(([, amount]) => amount ?? []);
    const over = asked.find((amount) => amount === 'unlimited' || Number(amount) > hardLimit);
    return when(
      over !== undefined,
      `raises a limit to ${over}; on Fargate nofile and nproc are 1024 and can be raised to ${hardLimit}.`,
      `Write ulimit -n ${hardLimit} or less.`,
    );
  },
);

const containerInsights = kindRule(
  {
    id: 'F26',
    name: 'container-insights',
    severity: 'warning',
    source: 'aws-otel.github.io, container-insights/eks-fargate',
    kinds: ['AmazonCloudWatchAgent', 'DcgmExporter', 'NeuronMonitor'],
  },
  ({ manifest }) =>
    when(
      asText(manifest.apiVersion)?.startsWith('cloudwatch.aws.amazon.com/') === true,
      'makes a DaemonSet that reads from nodes: on Fargate it collects nothing.',
      'Run one ADOT collector (StatefulSet, ClusterRole with nodes/proxy) that asks through the API server.',
    ),
);

const repeated = podRule(
  {
    id: 'F00',
    name: 'same-object',
    severity: 'warning',
    source: 'kubectl apply: the last one wins',
  },
  ({ repeats }) =>
    repeats
      ? when(
          true,
          `stands in ${repeats.file}:${repeats.line ?? 1} too; its pods are counted once, there.`,
          'If this is the input of kustomize, check what "kubectl kustomize FOLDER" prints; else keep one of them.',
        )
      : [],
);

/** F24, F26, F27: what runs beside the services; F00: what runs twice. */
export const jobRules: readonly Rule[] = [jobTtl, hookDelete, finishedPod, fileLimits, containerInsights, repeated];
