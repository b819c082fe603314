import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Fault } from './fault.ts';
import type { Service } from './service.ts';

/** How many files a catalog may import, itself included. */
const maxFiles = 1_000;

/**
 * Loads a catalog from its file, which exports `services`. Whether they are right is for checkCatalog to say; here are
 * E001 (missing or empty), E002 (does not load), E003 (its imports go round) and E004 (`services` is of the wrong kind).
 */
export async function loadCatalog(path: string): Promise<{ services: readonly Service[] } | { faults: Fault[] }> {
  const file = resolve(path);
  const place = relative(process.cwd(), file);
  const refuse = (code: string, message: string, at = place) => ({ faults: [{ place: asPath(at), code, message }] });
  if (!existsSync(file) || !statSync(file).isFile()) {
    return refuse(
      'E001',
      'there is no such file. Write a file that exports services, or give its path with --catalog.',
    );
  }
  if (readFileSync(file, 'utf8').trim() === '') {
    return refuse('E001', 'the file is empty. Export const services = [service(…), …].');
  }
  const cycle = importCycle(file);
  if (cycle) {
    const steps = cycle.map((step) => relative(process.cwd(), step)).join(' → ');
    return refuse('E003', `imports go round: ${steps}. Move what both need into a file of its own.`);
  }
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const { message, at } = explain(error, file);
    return refuse('E002', message, at === undefined ? place : relative(process.cwd(), at));
  }
  const { services } = module;
  if (services === undefined) return refuse('E001', 'exports no services. Export const services = [service(…), …].');
  if (!Array.isArray(services)) {
    return refuse('E004', `services is ${typeof services}, not an array. Export const services = [service(…), …].`);
  }
  if (services.length === 0) return refuse('E001', 'services is empty. Declare at least one service.');
  return { services: services as Service[] };
}

/** A place names a file with a folder, so that nobody takes it for a service. */
const asPath = (path: string): string => (path.includes('/') ? path : `./${path}`);

/** What went wrong while a file loaded, in one line, without the stack; `at` is the file in which it did, where known. */
function explain(error: unknown, file: string): { message: string; at?: string } {
  const { name, message, stack } =
    error instanceof Error ? error : { name: 'Error', message: String(error), stack: undefined };
  const line = message.replaceAll(/\s+/g, ' ').replace(/^x /, '').replace(/\.?$/, '.');
  const where = placeOf(`${message}\n${stack ?? ''}`, file);
  const fix = /does not provide an export/.test(message)
    ? 'Export it there, or mend the name.'
    : 'Run "npx tsc --noEmit" to see every such place.';
  const text = `does not load: ${name === 'Error' ? '' : `${name}: `}${line.replaceAll('file://', '')} ${fix}`;
  return where === undefined ? { message: text } : { message: text, at: where };
}

/** The first line of a stack that lies in a file of the catalog, as `file:line`. */
function placeOf(stack: string, file: string): string | undefined {
  const hits = stack.matchAll(/(?:file:\/\/)?(\/[^\s:()]+\.ts):(\d+)/g);
  const folder = dirname(file);
  for (const [, path, line] of hits) {
    if (path?.startsWith(folder) && !path.includes('node_modules')) return `${path}:${line}`;
  }
  return undefined;
}

/** The files of a cycle of imports, the first one again at the end; types do not count, because they are gone at run time. */
function importCycle(start: string): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string): string[] | undefined => {
    const before = trail.indexOf(file);
    if (before >= 0) return [...trail.slice(before), file];
    if (done.has(file) || done.size > maxFiles) return undefined;
    done.add(file);
    trail.push(file);
    for (const next of importsOf(file)) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    trail.pop();
    return undefined;
  };
  return visit(start);
}

function importsOf(file: string): string[] {
  const text = existsSync(file) ? withoutComments(readFileSync(file, 'utf8')) : '';
  const statements = text.matchAll(/^\s*(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s+)?['"](\.[^'"]+)['"]/gm);
  return [...statements].map(([, specifier]) => resolve(dirname(file), specifier ?? ''));
}

/** What hides the start of a comment that is none: a text, as in the route '/api/order/*', and a regular expression. */
const quoted = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/;
const template = /`(?:\\[\s\S]|[^`\\])*`/;
const expression = /(?<=[(,=:[!&|?{};\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//;
const comment = /\/\*[\s\S]*?\*\/|\/\/.*/;
const tokens = new RegExp([quoted, template, expression, comment].map(({ source }) => source).join('|'), 'g');

/** The text with its quoted parts, but without comments, templates and regular expressions: no import stands in these. */
const withoutComments = (text: string): string =>
  text.replaceAll(tokens, (token) => (/^['"]/.test(token) ? token : ' '));
