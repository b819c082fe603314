import { resolve } from 'node:path';
import { findTool } from '../tools/build-tool.ts';
import { runScanner } from './run-scanner.ts';

/** What one of the two programs says against a workflow. */
export interface WorkflowFinding {
  scanner: 'actionlint' | 'zizmor';
  id: string;
  /** actionlint knows mistakes only: each is high. */
  severity: 'informational' | 'low' | 'medium' | 'high';
  /** Absolute. */
  file: string;
  line: number;
  message: string;
}

/** actionlint over workflows: their syntax, expressions, contexts and the inputs of well-known actions. */
export async function runActionlint(files: readonly string[]): Promise<WorkflowFinding[]> {
  if (files.length === 0) return [];
  const program = await findTool('actionlint');
  // A machine with shellcheck or pyflakes would find more than another.
  const words = ['-shellcheck=', '-pyflakes=', '-no-color', '-format', '{{json .}}', ...files];
  const mistakes = await runScanner({ scanner: 'actionlint', program, words });
  return (mistakes as Mistake[]).map(({ kind, filepath, line, message }) => ({
    scanner: 'actionlint',
    id: kind,
    severity: 'high',
    file: resolve(filepath),
    line,
    message,
  }));
}

interface Mistake {
  kind: string;
  filepath: string;
  line: number;
  message: string;
}

/**
 * zizmor over workflows and actions, without the network: what an attacker could use. What a comment
 * `# zizmor: ignore[…]` or a zizmor.yml above the files takes out is not among the findings.
 */
export async function runZizmor(files: readonly string[]): Promise<WorkflowFinding[]> {
  if (files.length === 0) return [];
  const program = await findTool('zizmor');
  // A file that it cannot read ends it with an error; otherwise that would look like a clean one.
  const words = ['--offline', '--quiet', '--no-progress', '--strict-collection', '--format', 'json-v1', ...files];
  const risks = (await runScanner({ scanner: 'zizmor', program, words })) as Risk[];
  return risks.filter(({ ignored }) => !ignored).map(findingOf);
}

interface Risk {
  ident: string;
  desc: string;
  url: string;
  ignored: boolean;
  determinations: { severity: string };
  locations: {
    symbolic: { kind: string; key: { Local?: { verbatim_path: string } }; annotation: string };
    concrete: { location: { start_point: { row: number } } };
  }[];
}

function findingOf({ ident, desc, url, determinations, locations }: Risk): WorkflowFinding {
  const place = locations.find(({ symbolic }) => symbolic.kind === 'Primary') ?? locations[0];
  return {
    scanner: 'zizmor',
    id: ident,
    severity: determinations.severity.toLowerCase() as WorkflowFinding['severity'],
    file: resolve(place?.symbolic.key.Local?.verbatim_path ?? ''),
    // It counts from 0.
    line: (place?.concrete.location.start_point.row ?? 0) + 1,
    message: `${desc}: ${place?.symbolic.annotation ?? ''} (${url})`,
  };
}
