import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Address } from './address.ts';
import { S3Error } from './s3-error.ts';

/** One request to S3, its URL read, its body not yet. */
export interface S3Request extends Address {
  id: string;
  message: IncomingMessage;
  /** A header; S3 reads those that begin with x-amz- from the query of a presigned URL too. */
  header(name: string): string | undefined;
  /** Names of all headers of both kinds, in lower case. */
  headerNames: readonly string[];
}

/** What goes back: a text, or a part of a file that is closed when it was sent. */
export interface S3Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  content?: { handle: FileHandle; first: number; length: number };
}

/** Answers one operation. Throws S3Error. */
export type S3Operation = (request: S3Request) => S3Answer | Promise<S3Answer>;

export function newRequest(address: Address, message: IncomingMessage, id: string): S3Request {
  const { headers } = message;
  const hoisted = [...address.query].flatMap(([name, value]): [string, string][] =>
    /^x-amz-/i.test(name) ? [[name.toLowerCase(), value]] : [],
  );
  const fromQuery = new Map(hoisted);
  return {
    ...address,
    id,
    message,
    header: (name) => {
      const value = headers[name];
      return (Array.isArray(value) ? value.join(', ') : value) ?? fromQuery.get(name);
    },
    headerNames: [...new Set([...Object.keys(headers), ...fromQuery.keys()])],
  };
}

/** The body as it comes. Leaving the loop early leaves the connection open, so that a refusal can still be sent. */
export const chunksOf = (message: IncomingMessage): AsyncIterable<Buffer> =>
  message.iterator({ destroyOnReturn: false }) as unknown as AsyncIterable<Buffer>;

const maxTextBytes = 1024 * 1024;

/** A whole body that is short, as the XML of an operation is. */
export async function readText({ message }: S3Request): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(message)) {
    bytes += chunk.length;
    if (bytes > maxTextBytes) {
      throw new S3Error(400, 'MaxMessageLengthExceeded', 'Your request was too large.');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
