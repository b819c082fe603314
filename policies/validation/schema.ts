import { spawn } from 'node:child_process';
import { relative, resolve } from 'node:path';
import { EnvironmentFault } from '../environment-fault.ts';
import { findTool } from '../tools/build-tool.ts';
import type { Finding, ValidatedSet } from './finding.ts';

const schemas = resolve(import.meta.dirname, '../schemas');
const deadlineMs = 60_000;

interface KubeconformResult {
  filename: string;
  kind: string;
  name: string;
  status: 'statusValid' | 'statusInvalid' | 'statusError' | 'statusSkipped';
  msg: string;
  validationErrors?: { path: string; msg: string }[];
}

/** Checks every file against the schemas of the cluster's version and the add-ons; unknown fields are refused. */
export async function checkSchemas(sets: readonly ValidatedSet[]): Promise<Finding[]> {
  const results = await kubeconform(sets.map(({ folder }) => folder));
  return results.flatMap((result): Finding[] => {
    const set = sets.find(({ folder }) => resolve(result.filename).startsWith(`${resolve(folder)}/`));
    if (!set || result.status === 'statusValid') return [];
    const file = relative(resolve(set.folder), resolve(result.filename));
    const found = (rule: string, message: string): Finding => ({
      environment: set.environment,
      part: 'schema',
      severity: 'error',
      file,
      line: lineOf(set, { file, kind: result.kind, name: result.name }),
      rule,
      object: `${result.kind} ${result.name}`.trim(),
      message,
    });
    if (/could not find schema/.test(result.msg)) {
      const message = `there is no schema of ${result.kind}. Add it to policies/schemas/kinds.ts and run "node policies/schemas/generate.ts".`;
      return [found('S2', message)];
    }
    const errors = result.validationErrors ?? [];
    if (errors.length === 0) return [found('S1', sentence(result.msg))];
    return errors.map(({ path, msg }) => found('S1', `${path || '/'}: ${sentence(msg)}`));
  });
}

/** Where the object begins in its file; kubeconform does not say it. */
function lineOf({ manifests }: ValidatedSet, object: { file: string; kind: string; name: string }): number {
  const located = manifests.find(
    ({ file, manifest }) =>
      file === object.file && manifest.kind === object.kind && manifest.metadata.name === object.name,
  );
  return located?.line ?? 1;
}

const sentence = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const unknown = /additional properties? (.+) not allowed/.exec(line);
  return unknown ? `there is no field ${unknown[1]}. Take it out, or write it where Kubernetes has it.` : line;
};

/** kubeconform over folders or files; an answer for each object that is not as its schema says. */
export async function kubeconform(paths: readonly string[]): Promise<KubeconformResult[]> {
  const program = await findTool('kubeconform');
  const location = `${schemas}/{{.ResourceKind}}{{.KindSuffix}}.json`;
  const words = ['-strict', '-output', 'json', '-n', '4', '-schema-location', location, ...paths];
  return new Promise((done, fail) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: deadlineMs });
    let output = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 2000);
    });
    child.on('error', fail);
    child.on('close', (code) => {
      try {
        done((JSON.parse(output) as { resources: KubeconformResult[] }).resources);
      } catch {
        fail(new EnvironmentFault(`E915 kubeconform ended with ${code}: ${complaint.split('\n')[0]}`));
      }
    });
  });
}
