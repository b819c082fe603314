import { parse } from 'yaml';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Job {
  permissions?: unknown;
  'timeout-minutes'?: unknown;
  'runs-on'?: unknown;
  uses?: string;
  steps?: Step[];
}

interface Workflow {
  on?: unknown;
  permissions?: unknown;
  concurrency?: { group?: unknown };
  env?: Record<string, unknown>;
  jobs?: Record<string, Job>;
  /** Of an action made of steps. */
  runs?: { steps?: Step[] };
}

const maxMinutes = 120;
/** They run code of others with the rights of the repository. */
const forbiddenEvents = ['pull_request_target', 'workflow_run', 'issue_comment'];
const pinned = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
const ours = /^\$\/\.github\/actions\/[a-z-]+$/;
const image = /^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/;

/** What is wrong with a workflow or an action, a sentence each; none when it keeps every rule. */
export function workflowFaults(text: string): string[] {
  const workflow = parse(text) as Workflow;
  const steps = [...Object.values(workflow.jobs ?? {}), workflow.runs ?? {}].flatMap((job) => job.steps ?? []);
  return [
    ...(workflow.jobs ? wholeFaults(workflow) : []),
    ...Object.entries(workflow.jobs ?? {}).flatMap(([name, job]) => jobFaults(name, job)),
    ...steps.flatMap(stepFaults),
    ...lineFaults(text),
    ...imageFaults(workflow),
  ];
}

function wholeFaults({ on, permissions, concurrency }: Workflow): string[] {
  const events = typeof on === 'string' ? [on] : Array.isArray(on) ? on.map(String) : Object.keys(on ?? {});
  const hasNone = typeof permissions === 'object' && permissions !== null && Object.keys(permissions).length === 0;
  return [
    ...events.filter((name) => forbiddenEvents.includes(name)).map((name) => `on ${name}: it gives a stranger rights`),
    ...(hasNone ? [] : ['permissions: write {} for the whole, and what a job needs in the job']),
    ...(concurrency?.group ? [] : ['concurrency: write a group, so that an old run ends or is waited for']),
  ];
}

function jobFaults(name: string, job: Job): string[] {
  const minutes = job['timeout-minutes'];
  const machine = job['runs-on'];
  return [
    ...(typeof job.permissions === 'object' && job.permissions !== null
      ? []
      : [`job ${name}: write its permissions, one by one`]),
    ...(typeof minutes === 'number' && minutes <= maxMinutes
      ? []
      : [`job ${name}: write timeout-minutes, ${maxMinutes} at most`]),
    ...(typeof machine === 'string' && /-\d/.test(machine) ? [] : [`job ${name}: name a version in runs-on`]),
  ];
}

function stepFaults({ uses, run, with: words }: Step): string[] {
  if (uses?.startsWith('actions/checkout@') && words?.['persist-credentials'] !== false) {
    return [`${uses}: write persist-credentials: false`];
  }
  // Whoever writes a branch's name or a title would write a command.
  if (run?.includes('${' + '{')) return [`run ${run.split('\n')[0]}: hand expressions over in env`];
  return [];
}

/** What a parser does not see: the version in a comment, and the reason of a right to write. */
function lineFaults(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [, used = '', remark = ''] = /^\s*(?:- )?uses:\s*(\S+)(.*)$/.exec(line) ?? [];
    if (used && !ours.test(used) && !pinned.test(used)) return [`${used}: pin it by its commit`];
    if (used && !ours.test(used) && !/^ # v\d+\.\d+\.\d+$/.test(remark)) return [`${used}: say its version after it`];
    if (/^\s+[a-z-]+: write\s*$/.test(line)) return [`${line.trim()}: say after it what for`];
    return [];
  });
}

function imageFaults({ env, jobs }: Workflow): string[] {
  const named = Object.entries(env ?? {}).filter(([name]) => name.endsWith('_IMAGE'));
  const runs = Object.values(jobs ?? {}).flatMap((job) => (job.steps ?? []).map(({ run }) => run ?? ''));
  const direct = runs.flatMap((run) => [
    ...run.matchAll(/\bdocker (?:run|pull)\b[^\n]*?\s([\w.-]+\/[\w./-]+:[\w.-]+)/g),
  ]);
  return [
    ...named
      .filter(([, value]) => !image.test(String(value)))
      .map(([name]) => `${name}: name the image with its digest`),
    ...direct
      .map(([, name = '']) => name)
      // What the job has built itself a step before.
      .filter((name) => !name.startsWith('millrace/'))
      .map((name) => `docker run ${name}: name it in env, with its digest`),
  ];
}

/** By action: the commits that a set of files uses. More than one is a mistake. */
export function pinsOf(texts: readonly string[]): Map<string, Set<string>> {
  const pins = new Map<string, Set<string>>();
  for (const text of texts) {
    for (const [, action = '', rest = ''] of text.matchAll(/uses:\s*([\w.-]+\/[\w.-]+)[\w./-]*(@\S+ # \S+)/g)) {
      pins.set(action, (pins.get(action) ?? new Set()).add(rest));
    }
  }
  return pins;
}

/** The commands of a workflow, for a shell to read. */
export function commandsOf(text: string): string[] {
  const workflow = parse(text) as Workflow;
  const jobs = [...Object.values(workflow.jobs ?? {}), workflow.runs ?? {}];
  return jobs.flatMap((job) => job.steps ?? []).flatMap(({ run }) => (run === undefined ? [] : [run]));
}
