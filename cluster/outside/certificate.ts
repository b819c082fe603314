import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a TLS server shows, and the file by which its clients know it. */
export interface Certificate {
  certificateFile: string;
  certificate: string;
  key: string;
}

const dayMs = 24 * 60 * 60_000;
const validDays = 365;
const leastDaysLeft = 7;

/**
 * The certificate of `hosts` in `folder`: the one that is there, as long as it is for these hosts and valid for a week
 * more, so that whoever has read it trusts a restarted process too; else a new one.
 */
export async function certificateFor(hosts: readonly string[], folder: string): Promise<Certificate> {
  mkdirSync(folder, { recursive: true });
  const files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  const found = readPair(files);
  if (found !== undefined && isUsable(found, hosts)) return { ...found, certificateFile: files.certificate };
  const made = await makePair(hosts);
  replace(files.key, made.key, 0o600);
  replace(files.certificate, made.certificate, 0o644);
  return { ...made, certificateFile: files.certificate };
}

type Pair = Pick<Certificate, 'certificate' | 'key'>;

function readPair(files: Pair): Pair | undefined {
  if (!existsSync(files.certificate) || !existsSync(files.key)) return undefined;
  return { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') };
}

function isUsable(pair: Pair, hosts: readonly string[]): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate);
    const daysLeft = (Date.parse(certificate.validTo) - Date.now()) / dayMs;
    const isForAll = hosts.every((host) => certificate.checkHost(host, { subject: 'never' }) !== undefined);
    return isForAll && daysLeft > leastDaysLeft && certificate.checkPrivateKey(createPrivateKey(pair.key));
  } catch {
    // A file that was cut off or is something else: a new one takes its place.
    return false;
  }
}

/** Go asks for the names in the extension, OpenSSL and GnuTLS for an authority at the end of the chain: this is both. */
async function makePair(hosts: readonly string[]): Promise<Pair> {
  // Loaded where it is needed only: a process that starts again has its certificate already.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'Millrace outside world' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - dayMs),
    notAfterDate: new Date(Date.now() + validDays * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

/** Whole or not at all, and never for a moment with more rights than it should have. */
function replace(path: string, text: string, mode: number): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text, { mode });
  renameSync(unfinished, path);
}
