/** A program that is built from Go modules, pinned by the go.mod and go.sum of its folder. */
export interface GoProgram {
  folder: string;
  /** Our own Go files, in the folder; '' where the program is another's whole. */
  sources: string;
  target: string;
  /** What a build from nothing takes on two cores. */
  minutes: number;
  version?: ProgramVersion;
  installed?: InstalledProgram;
}

/** The module that gives a program its version, and what the linker has to write into it so that it tells it. */
export interface ProgramVersion {
  module: string;
  stamp?: (version: string) => Record<string, string>;
}

/** What a machine may have instead, in KUBEBUILDER_ASSETS or on PATH. */
export interface InstalledProgram {
  /** Any of these will do; the first is looked for first. */
  names: readonly string[];
  /** The words that make it tell its version; without them any version will do. */
  ask?: readonly string[];
  /** How many numbers of its version have to be those of our pin. */
  precision?: 2 | 3;
}

/** A program from PyPI, in an environment of its own with the versions that its requirements.txt pins. */
export interface PythonProgram {
  requirements: string;
  program: string;
  python: string;
}

/**
 * Kubernetes has the version of the clusters. Of an installed one the patch may be another: EKS has its own too, and
 * KUBEBUILDER_ASSETS come for one patch of each minor version only.
 */
const kubernetes: ProgramVersion = {
  module: 'k8s.io/kubernetes',
  // Without these a kube-apiserver calls itself v0.0.0.
  stamp(version) {
    const [major = '', minor = ''] = version.split('.');
    const of = (field: string): string => `k8s.io/component-base/version.${field}`;
    return { [of('gitVersion')]: `v${version}`, [of('gitMajor')]: major, [of('gitMinor')]: minor };
  },
};

const goPrograms = {
  admission: { folder: '.', sources: 'admission', target: './admission', minutes: 3, version: kubernetes },
  'kube-apiserver': {
    folder: '.',
    sources: 'api-server',
    target: './api-server',
    minutes: 8,
    version: kubernetes,
    installed: { names: ['kube-apiserver'], ask: ['--version'], precision: 2 },
  },
  'kube-controller-manager': {
    folder: '.',
    sources: 'controller-manager',
    target: './controller-manager',
    minutes: 4,
    version: kubernetes,
    installed: { names: ['kube-controller-manager'], ask: ['--version'], precision: 2 },
  },
  etcd: {
    folder: 'etcd',
    sources: '',
    target: 'go.etcd.io/etcd/server/v3',
    minutes: 2,
    version: { module: 'go.etcd.io/etcd/server/v3' },
    installed: { names: ['etcd'], ask: ['--version'], precision: 2 },
  },
  argocd: {
    folder: 'argocd',
    sources: '',
    target: 'github.com/argoproj/argo-cd/v3/cmd',
    minutes: 5,
    version: {
      module: 'github.com/argoproj/argo-cd/v3',
      stamp: (version) => ({ 'github.com/argoproj/argo-cd/v3/common.version': version }),
    },
    installed: { names: ['argocd'], ask: ['version', '--client', '--short'], precision: 3 },
  },
  'rollouts-controller': {
    folder: 'rollouts-controller',
    sources: '',
    target: 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller',
    minutes: 4,
    version: {
      module: 'github.com/argoproj/argo-rollouts',
      stamp: (version) => ({ 'github.com/argoproj/argo-rollouts/utils/version.version': version }),
    },
    installed: { names: ['rollouts-controller'], ask: ['--version'], precision: 3 },
  },
  // Argo CD's cache asks little of a Redis: any version will do.
  'redis-server': {
    folder: 'redis',
    sources: '.',
    target: '.',
    minutes: 1,
    installed: { names: ['redis-server', 'valkey-server'] },
  },
  kubeconform: {
    folder: 'kubeconform',
    sources: '',
    target: 'github.com/yannh/kubeconform/cmd/kubeconform',
    minutes: 1,
  },
  'kube-score': { folder: 'kube-score', sources: '', target: 'github.com/zegl/kube-score/cmd/kube-score', minutes: 1 },
  actionlint: {
    folder: 'actionlint',
    sources: '',
    target: 'github.com/rhysd/actionlint/cmd/actionlint',
    minutes: 1,
  },
  // Its rules for Terraform's language are compiled in; those for AWS are a plugin.
  tflint: { folder: 'tflint', sources: '', target: 'github.com/terraform-linters/tflint', minutes: 3 },
} satisfies Record<string, GoProgram>;

const pythonPrograms = {
  // Started as a module: the script that pip makes names the folder that it was made in.
  checkov: { requirements: 'checkov/requirements.txt', program: 'bin/python', python: '3.9' },
  zizmor: { requirements: 'zizmor/requirements.txt', program: 'bin/zizmor', python: '3.11' },
} satisfies Record<string, PythonProgram>;

export type ToolName = keyof typeof goPrograms | keyof typeof pythonPrograms;

export const programs: Record<ToolName, GoProgram | PythonProgram> = { ...goPrograms, ...pythonPrograms };

export const toolNames = Object.keys(programs) as readonly ToolName[];
