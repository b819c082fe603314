import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { Context } from 'hono';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};
const encodings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;
const maxFiles = 500;

interface PageFile {
  type: string;
  etag: string;
  cacheControl: string;
  bodies: Partial<Record<'br' | 'gzip' | 'identity', Uint8Array<ArrayBuffer>>>;
}

/** The built page, read once into memory: there is no path from a URL to the disk. */
export interface PageFiles {
  /** Answers with the file of this path; nothing when there is none. */
  serve(context: Context, path: string, status?: 200 | 404): Response | undefined;
}

/** @throws when the page was not built. */
export async function readPageFiles(folder: string): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of names.slice(0, maxFiles)) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, path).split(sep).join('/')}`, await readPageFile(path, type));
  }
  const start = files.get('/index.html');
  if (!start) throw new Error(`the page is not built: run "node services/dashboard/build.ts" (looked in ${folder})`);
  files.set('/', start);
  return {
    serve: (context, path, status = 200) => {
      const file = files.get(path);
      return file && answer(context, file, status);
    },
  };
}

async function readPageFile(path: string, type: string): Promise<PageFile> {
  const identity = new Uint8Array(await readFile(path));
  const bodies: PageFile['bodies'] = { identity };
  for (const { name, suffix } of encodings) {
    const packed = await readFile(path + suffix).catch(() => undefined);
    if (packed) bodies[name] = new Uint8Array(packed);
  }
  const isHashed = path.split(sep).includes('assets');
  const isPage = type.startsWith('text/html');
  return {
    type,
    bodies,
    etag: `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`,
    cacheControl: isHashed ? 'public, max-age=31536000, immutable' : isPage ? 'no-store' : 'public, max-age=3600',
  };
}

function answer(context: Context, file: PageFile, status: 200 | 404): Response {
  const accepted = context.req.header('accept-encoding') ?? '';
  const encoding = encodings.find(({ name }) => file.bodies[name] && accepts(accepted, name))?.name;
  const headers = new Headers({
    'content-type': file.type,
    'cache-control': file.cacheControl,
    vary: 'accept-encoding',
  });
  if (!file.cacheControl.includes('no-store')) headers.set('etag', file.etag);
  if (status === 200 && context.req.header('if-none-match') === file.etag) {
    return new Response(null, { status: 304, headers });
  }
  const body = file.bodies[encoding ?? 'identity'] ?? new Uint8Array();
  if (encoding) headers.set('content-encoding', encoding);
  headers.set('content-length', String(body.length));
  return new Response(body, { status, headers });
}

function accepts(header: string, encoding: string): boolean {
  const wish = header.split(',').find((part) => part.trim().split(';')[0]?.toLowerCase() === encoding);
  return wish !== undefined && !/;\s*q=0(\.0*)?\s*$/.test(wish);
}
