import { existsSync, readFileSync, statSync } from 'node:fs';
import { nearest } from '@millrace/catalog/did-you-mean.ts';
import { CommandFault } from '../command-fault.ts';

const maxBytes = 1024 * 1024;
const example = '{"order": "sha256:…"}';

/**
 * Reads which image each service gets, `{"order": "sha256:…"}`, from a file or from standard input (`-`).
 * @throws CommandFault (2) with every fault of it.
 */
export async function readImages(source: string, services: readonly string[]): Promise<Map<string, string>> {
  const text = source === '-' ? await standardInput() : fileText(source);
  const place = source === '-' ? 'IMAGES' : source;
  const value = parsed(text, place);
  const faults = Object.entries(value).flatMap(([service, digest]) => [
    ...nameFaults(service, services),
    ...digestFaults(service, digest),
  ]);
  if (Object.keys(value).length === 0) faults.push(`names no service. Write ${example}.`);
  if (faults.length > 0) throw new CommandFault(2, faults.map((fault) => `${place}: ${fault}`).join('\n'));
  return new Map(Object.entries(value) as [string, string][]);
}

function parsed(text: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const said = (error as Error).message.split('\n')[0];
    throw new CommandFault(2, `${place}: is not JSON (${said}). Write ${example}.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CommandFault(2, `${place}: is no object. Write ${example}.`);
}

function nameFaults(service: string, services: readonly string[]): string[] {
  if (services.includes(service)) return [];
  const meant = nearest(service, services);
  const advice = meant ? `Did you mean ${meant}?` : `Known: ${services.join(', ')}.`;
  return [`there is no service "${service}". ${advice}`];
}

function digestFaults(service: string, digest: unknown): string[] {
  if (typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest)) return [];
  const [, inside] = /@(sha256:[0-9a-f]{64})$/.exec(String(digest)) ?? [];
  const advice = inside ? `Write ${inside} alone` : 'Write sha256: and the 64 hex digits that the registry gave';
  return [`the image of ${service} is no digest. ${advice}: a tag could move.`];
}

function fileText(path: string): string {
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw new CommandFault(
      2,
      `IMAGES: there is no file ${path}. Write ${example} to it, or give - for standard input.`,
    );
  }
  if (statSync(path).size > maxBytes) throw tooLong(path);
  return readFileSync(path, 'utf8');
}

async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw tooLong('IMAGES');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

const tooLong = (place: string): CommandFault =>
  new CommandFault(2, `${place}: is longer than ${maxBytes} bytes. Write ${example}.`);
