import { execFile } from 'node:child_process';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';

const scanDeadlineMs = 300_000;

interface Scan {
  scanner: string;
  program: string;
  words: readonly string[];
  /** Where it runs; else where this process does. */
  folder?: string;
}

/** What a scanner prints as JSON. */
export async function runScanner(scan: Scan): Promise<unknown> {
  const output = await outputOf(scan);
  try {
    return JSON.parse(output);
  } catch {
    throw new EnvironmentFault(`E918 ${scan.scanner} gave no JSON: ${output.slice(0, 120).split('\n')[0]}`);
  }
}

function outputOf({ scanner, program, words, folder }: Scan): Promise<string> {
  const options = {
    timeout: scanDeadlineMs,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...readConfig().environment, BC_SKIP_MAPPING: 'TRUE', LOG_LEVEL: 'ERROR' },
    ...(folder !== undefined && { cwd: folder }),
  };
  return new Promise((resolve, reject) => {
    execFile(program, words, options, (error, output, complaint) => {
      // An exit code says that something was found; no output says that it did not run.
      if (output.length > 0) return resolve(output);
      reject(new EnvironmentFault(`E918 ${scanner} said nothing: ${complaint.split('\n')[0] || error?.message}`));
    });
  });
}
