import { spawn } from 'node:child_process';
import { EnvironmentFault } from '../environment-fault.ts';
import { findTool } from '../tools/build-tool.ts';

/** Any object as it stands in YAML. */
export type KubernetesObject = Record<string, unknown>;

/** One admission request; what is left out is a CREATE of the object. The fields are those of the Go program. */
export interface AdmissionRequest {
  id: string;
  operation?: string | undefined;
  subresource?: string | undefined;
  resource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
  object?: unknown;
  oldObject?: unknown;
  userInfo?: { username: string; groups?: string[] } | undefined;
  /** Only these policies look at it; all do when it is left out. */
  policies?: string[] | undefined;
}

/** Requests that see one cluster: its policies' params and its namespaces. */
export interface AdmissionSet {
  name: string;
  params?: unknown;
  namespaces?: readonly unknown[];
  requests: readonly AdmissionRequest[];
}

export interface Question {
  policies: readonly unknown[];
  sets: readonly AdmissionSet[];
  typeCheck?: boolean;
  mutants?: boolean;
}

/** One validation that a request failed. */
export interface Denial {
  policy: string;
  validation: number;
  message: string;
  /** It could not be evaluated, which denies too. */
  isError: boolean;
}

export interface Verdict {
  set: string;
  id: string;
  error?: string;
  matched: string[];
  denied: Denial[];
}

/** A policy without one condition: an operand of && or a whole expression as true, an operand of || as false. */
export interface Mutant {
  policy: string;
  field: 'validations' | 'matchConditions';
  index: number;
  without: string;
  as: boolean;
  expression: string;
}

export interface Answer {
  verdicts: Verdict[];
  warnings: { policy: string; field: string; message: string }[];
  mutants: Mutant[];
}

const deadlineMs = 120_000;

/** Asks Kubernetes' own admission code; one process answers the whole question. */
export async function evaluate(question: Question): Promise<Answer> {
  const program = await findTool('admission');
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'], timeout: deadlineMs });
    const output: Buffer[] = [];
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 2000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(output).toString()) as Answer);
      else reject(new EnvironmentFault(`E912 ${complaint.split('\n')[0] || `admission ended with ${code}`}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(question));
  });
}
