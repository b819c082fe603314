import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { findGitBackend, runGitBackend } from './git-backend.ts';
import { createTurns } from './turns.ts';

/** How much Git was asked. */
export interface GitCounts {
  served: number;
  refused: number;
}

export interface GitHost {
  answer: RequestListener;
  counts: GitCounts;
}

/** As many as two cores fetch well; Argo CD asks again when it is told to come back. */
const limits = { atOnce: 4, waiting: 60 };

interface GitHostOptions {
  /** Where the repository is seen: the path of its address. */
  urlPath: string;
  repositoryPath: string;
  note: (line: string) => void;
}

/** Serves one repository by Git's smart HTTP, for reading. @throws EnvironmentFault without Git's `http-backend`. */
export async function openGitHost(options: GitHostOptions): Promise<GitHost> {
  const backend = await findGitBackend();
  const turns = createTurns(limits);
  const counts = { served: 0, refused: 0 };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://git');
    const refusal = refusalOf(options.urlPath, request.method ?? '', url);
    if (refusal !== undefined) {
      counts.refused += 1;
      options.note(`git: ${request.method} ${url.pathname}${url.search}: ${refusal.text}`);
      return end(response, refusal);
    }
    const giveBack = await turns.take();
    if (giveBack === undefined) return end(response, { status: 503, text: 'too many at once: come back later' });
    try {
      counts.served += 1;
      const facts = {
        backend,
        repositoryPath: options.repositoryPath,
        pathInfo: url.pathname.slice(options.urlPath.length),
        query: url.search.slice(1),
      };
      await runGitBackend(request, response, { ...facts, note: options.note });
    } finally {
      giveBack();
    }
  };
  const answer: RequestListener = (request, response) => {
    serve(request, response).catch((error: unknown) => {
      options.note(`git: ${error instanceof Error ? error.message : String(error)}`);
      if (response.headersSent) response.destroy();
      else end(response, { status: 500, text: 'Git failed: see the log of the outside world' });
    });
  };
  return { answer, counts };
}

interface Refusal {
  status: number;
  text: string;
}

/** Only the two requests of a fetch are let through: nothing that writes, and no file by its name. */
function refusalOf(urlPath: string, method: string, url: URL): Refusal | undefined {
  if (!url.pathname.startsWith(`${urlPath}/`)) return { status: 404, text: `there is only ${urlPath} here` };
  const rest = url.pathname.slice(urlPath.length);
  const service = rest === '/info/refs' ? (url.searchParams.get('service') ?? '') : rest.slice(1);
  if (service === 'git-receive-pack') {
    return { status: 403, text: 'this address is for reading: push to the repository on this machine instead' };
  }
  const isKnown =
    (rest === '/info/refs' && method === 'GET' && service === 'git-upload-pack') ||
    (rest === '/git-upload-pack' && method === 'POST');
  return isKnown ? undefined : { status: 404, text: "only Git's smart protocol is spoken here" };
}

/** Git shows text/plain to its user, after "remote:". */
function end(response: ServerResponse, { status, text }: Refusal): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
