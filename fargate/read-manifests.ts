import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Document } from 'yaml';
import { LineCounter, parseAllDocuments } from 'yaml';
import { asMap, asText, asTexts } from './fields.ts';
import type { LocatedManifest, Manifest } from './manifest.ts';

/** A file, or a document of one, that could not be taken as a Kubernetes object. */
export interface Unreadable {
  file: string;
  /** From 1. */
  line: number;
  /** `not-yaml` is an error: nobody checked what stands there. `not-kubernetes` is a file for another program. */
  reason: 'not-yaml' | 'not-kubernetes';
  message: string;
  fix: string;
}

/** What a folder holds: the Kubernetes objects, and what could not be read as one. */
export interface ManifestFolder {
  manifests: LocatedManifest[];
  unreadable: Unreadable[];
}

const maxFiles = 20_000;
const maxFileBytes = 16 * 1024 * 1024;
const maxNestedLists = 4;
/** Written by hand or by git, never manifests. */
const skippedFolders = new Set(['node_modules', '.git']);

/** The Kubernetes objects of a folder's YAML files. Use `readFolder` where a file that cannot be read matters. */
export function readManifests(folder: string): LocatedManifest[] {
  return readFolder(folder).manifests;
}

/**
 * Reads every `*.yaml` and `*.yml` below a folder, in the order of their names; or one file, whatever its name is.
 * A file that is not YAML is told of, never thrown.
 * @throws what the file system says when the folder itself cannot be read.
 */
export function readFolder(folder: string): ManifestFolder {
  const found: ManifestFolder = { manifests: [], unreadable: [] };
  if (statSync(folder).isFile()) {
    readInto(found, folder, folder);
    return found;
  }
  const files = listYaml(folder, folder, found).sort((a, b) => (a < b ? -1 : 1));
  for (const file of files.slice(0, maxFiles)) readInto(found, join(folder, file), file);
  if (files.length > maxFiles) {
    found.unreadable.push(
      fault({
        file: '.',
        message: `more than ${maxFiles} files: the rest was not read.`,
        fix: 'Give a smaller folder.',
      }),
    );
  }
  return found;
}

/** Reads a text of one or more YAML documents; `file` is what is said of it. */
export function readText(text: string, file: string): ManifestFolder {
  const found: ManifestFolder = { manifests: [], unreadable: [] };
  try {
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, {
      // As Kubernetes reads YAML: 1.1 (`yes` is true, `<<` merges), but dates and times of day stay texts.
      version: '1.1',
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isTime(tag)),
      lineCounter: lines,
      logLevel: 'silent',
    });
    const lineOf = (offset: number): number => Math.max(1, lines.linePos(offset).line);
    for (const [index, document] of [...documents].entries()) {
      takeDocument(found, { document, number: index + 1, file, text, lineOf });
    }
  } catch (error) {
    found.unreadable.push(notYaml(file, text, firstLine(error)));
  }
  return found;
}

const isTime = ({ tag, format }: { tag: string; format?: string }): boolean =>
  tag === 'tag:yaml.org,2002:timestamp' || format === 'TIME';

interface Place {
  document: Document.Parsed;
  number: number;
  file: string;
  text: string;
  lineOf(offset: number): number;
}

function takeDocument(found: ManifestFolder, place: Place): void {
  const { document, number, file, text, lineOf } = place;
  const line = lineOf(document.contents?.range[0] ?? document.range[0]);
  const broken = document.errors[0];
  if (broken) {
    found.unreadable.push({ ...notYaml(file, text, firstLine(broken)), line: lineOf(broken.pos[0]) });
    return;
  }
  const value: unknown = document.toJS({ maxAliasCount: 1000 });
  if (value === null || value === undefined) return;
  for (const item of openList(value, 0)) {
    const manifest = asManifest(item);
    if (manifest) found.manifests.push({ file, document: number, line, manifest });
    else found.unreadable.push({ ...whyNot(item, text), file, line });
  }
}

function openList(value: unknown, depth: number): unknown[] {
  const { kind, items } = asMap(value);
  if (!asText(kind)?.endsWith('List') || !Array.isArray(items) || depth >= maxNestedLists) return [value];
  return items.flatMap((item: unknown) => openList(item, depth + 1));
}

/** An object with a kind and a name. `generateName` is a name too: the API server completes it. */
function asManifest(value: unknown): Manifest | undefined {
  const object = asMap(value);
  const metadata = asMap(object.metadata);
  const kind = asText(object.kind);
  const apiVersion = asText(object.apiVersion);
  const name = asText(metadata.name) ?? asText(metadata.generateName);
  if (!kind || !apiVersion || !name) return undefined;
  return { ...object, apiVersion, kind, metadata: cleanMetadata(metadata, name) };
}

/** Types of the fields that everything relies on: a label that is a number would be refused by the API server, not here. */
function cleanMetadata(metadata: Record<string, unknown>, name: string): Manifest['metadata'] {
  const { namespace, labels, annotations, ...rest } = metadata;
  const clean: Manifest['metadata'] = { ...rest, name };
  const space = asText(namespace);
  if (space) clean.namespace = space;
  if (labels !== undefined) clean.labels = asTexts(labels);
  if (annotations !== undefined) clean.annotations = asTexts(annotations);
  return clean;
}

function whyNot(value: unknown, text: string): Omit<Unreadable, 'file' | 'line'> {
  const object = asMap(value);
  if (isTemplate(text)) return { ...notYaml('', text, ''), reason: 'not-yaml' };
  if (object.kind === 'Kustomization') {
    const fix = 'What it makes is another set: check what "kubectl kustomize FOLDER" prints.';
    return { reason: 'not-kubernetes', message: 'an input of kustomize.', fix };
  }
  const missing = ['apiVersion', 'kind'].filter((field) => !asText(object[field]));
  if (missing.length === 0) missing.push('metadata.name');
  return {
    reason: 'not-kubernetes',
    message: `not a Kubernetes object: it has no ${missing.join(' and no ')}.`,
    fix: 'Leave it, if another program reads it.',
  };
}

const isTemplate = (text: string): boolean => /\{\{[-\s]?\s*[.$\w"(]/.test(text);

function notYaml(file: string, text: string, why: string): Unreadable {
  if (!isTemplate(text)) {
    return fault({ file, message: `not YAML: ${why}.`, fix: 'Mend it, or take the file out of the folder.' });
  }
  const fix = 'Render it first (helm template NAME CHART > all.yaml) and check what comes out.';
  return fault({ file, message: 'a template with {{ … }}, not YAML.', fix });
}

function readInto(found: ManifestFolder, path: string, file: string): void {
  try {
    const { size } = statSync(path);
    if (size > maxFileBytes) {
      const message = `${size} bytes: more than ${maxFileBytes} are not read.`;
      found.unreadable.push(fault({ file, message, fix: 'Split the file.' }));
      return;
    }
    const { manifests, unreadable } = readText(readFileSync(path, 'utf8'), file);
    for (const manifest of manifests) found.manifests.push(manifest);
    for (const each of unreadable) found.unreadable.push(each);
  } catch (error) {
    found.unreadable.push(unreachable(file, error));
  }
}

function listYaml(root: string, folder: string, found: ManifestFolder): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : listYaml(root, path, found);
      return /\.ya?ml$/i.test(entry.name) ? [relative(root, path).split(sep).join('/')] : [];
    });
  } catch (error) {
    if (folder === root) throw error;
    found.unreadable.push(unreachable(relative(root, folder), error));
    return [];
  }
}

const fault = (what: Pick<Unreadable, 'file' | 'message' | 'fix'>): Unreadable => ({
  line: 1,
  reason: 'not-yaml',
  ...what,
});

const unreachable = (file: string, error: unknown): Unreadable =>
  fault({ file, message: `cannot be read: ${firstLine(error)}.`, fix: 'Give read permission to it, or take it away.' });

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/[.:]$/, '') ?? '';
