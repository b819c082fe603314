import { basename, join } from 'node:path';
import type { Platform } from '@millrace/catalog/platform.ts';
import { asMap, asText, fieldOf } from '@millrace/fargate/fields.ts';
import { parse } from 'yaml';
import { CommandFault } from '../../command-fault.ts';
import { argoNamespace } from '../project-scopes.ts';

/** A program with its words, and what it is given on standard input: a text, or what another one says. */
export interface Command {
  program: 'kubectl' | 'helm';
  words: readonly string[];
  input?: string;
  /** Its output is what this one gets. */
  from?: Command;
}

export interface Step {
  says: string;
  command: Command;
}

/** The projects that the root Application and what it applies first belong to. The root brings all others. */
const firstProjects = ['default', 'platform', 'add-ons', 'cluster'];
const definitions = ['applications', 'applicationsets', 'appprojects'].map((name) => `crd/${name}.argoproj.io`);
const programs = [
  'statefulset/argocd-application-controller',
  'deployment/argocd-repo-server',
  'deployment/argocd-applicationset-controller',
];
/** Fargate takes a minute or two for a pod. */
const waitMinutes = 10;

/** What is run, in order; every step may be run again. Each is Argo CD's own later: the field manager is its. */
export function planBootstrap(given: {
  folder: string;
  context: string;
  platform: Platform;
  read(path: string): string;
}): Step[] {
  const { folder, context, read } = given;
  const text = (name: string): string => read(join(folder, name));
  const application = parse(text('application-argo-cd.yaml')) as unknown;
  const kubectl = (words: readonly string[], more: Partial<Command> = {}): Command => ({
    program: 'kubectl',
    words: ['--context', context, ...words],
    ...more,
  });
  const apply = (more: Partial<Command>): Command =>
    kubectl(
      ['apply', '--server-side', '--force-conflicts', '--field-manager', 'argocd-controller', '--filename', '-'],
      more,
    );
  const inNamespace = ['--namespace', argoNamespace];
  const timeout = ['--timeout', `${waitMinutes}m`];
  return [
    { says: `namespace ${argoNamespace}`, command: apply({ input: namespaceText(application) }) },
    { says: 'Argo CD, from its chart', command: apply({ from: chartCommand(application) }) },
    {
      says: 'waiting for its definitions',
      command: kubectl(['wait', '--for', 'condition=Established', ...definitions, ...timeout]),
    },
    ...programs.map((program) => ({
      says: `waiting for ${basename(program)}`,
      command: kubectl([...inNamespace, 'rollout', 'status', program, ...timeout]),
    })),
    ...firstProjects.map((name) => ({
      says: `project ${name}`,
      command: apply({ input: text(`appproject-${name}.yaml`) }),
    })),
    { says: 'the root Application', command: apply({ input: text('application-root.yaml') }) },
  ];
}

/** The namespace with the labels that its Application gives it. */
function namespaceText(application: unknown): string {
  const labels = asMap(fieldOf(application, 'spec', 'syncPolicy', 'managedNamespaceMetadata', 'labels'));
  return JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: argoNamespace, labels } });
}

/** The chart, its version and its values are those of the Application that keeps Argo CD from now on. */
function chartCommand(application: unknown): Command {
  const source = fieldOf(application, 'spec', 'source');
  const [chart, repository, version] = ['chart', 'repoURL', 'targetRevision'].map((field) =>
    asText(fieldOf(source, field)),
  );
  const release = asText(fieldOf(source, 'helm', 'releaseName'));
  if (!chart || !repository || !version || !release) {
    throw new CommandFault(3, 'application-argo-cd.yaml names no chart. Run "make synth".');
  }
  return {
    program: 'helm',
    words: [
      'template',
      release,
      chart,
      '--repo',
      repository,
      '--version',
      version,
      '--namespace',
      argoNamespace,
      '--values',
      '-',
    ],
    // JSON is YAML.
    input: JSON.stringify(fieldOf(source, 'helm', 'valuesObject') ?? {}),
  };
}
