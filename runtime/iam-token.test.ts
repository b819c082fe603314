import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import { signCacheToken, signIamToken } from './iam-token.ts';

const region = 'eu-west-1';
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'token/with+signs=',
};
const now = new Date('2026-03-01T10:00:00.000Z');

test('a token of a database is what the signer of the AWS SDK makes', async () => {
  const target = { host: 'db.example', port: 5432, user: 'app user', region };
  const expected = await presigned('rds-db', {
    hostname: 'db.example',
    port: 5432,
    query: { Action: 'connect', DBUser: 'app user' },
    headers: { host: 'db.example:5432' },
  });
  const token = signIamToken(target, credentials, now);
  expect(token.startsWith('db.example:5432/?')).toBe(true);
  expect(queryOf(token)).toEqual(expected);
});

test('a token of a cache is what the signer of the AWS SDK makes, for the id of its group in lower case', async () => {
  const target = { group: 'Dev-Millrace', user: 'dev-millrace-dashboard', region };
  const expected = await presigned('elasticache', {
    hostname: 'dev-millrace',
    query: { Action: 'connect', User: 'dev-millrace-dashboard' },
    headers: { host: 'dev-millrace' },
  });
  const token = signCacheToken(target, credentials, now);
  expect(token.startsWith('dev-millrace/?Action=connect&User=dev-millrace-dashboard&X-Amz-Algorithm=')).toBe(true);
  expect(queryOf(token)).toEqual(expected);
  expect(expected).toMatchObject({ 'X-Amz-Expires': '900', 'X-Amz-SignedHeaders': 'host' });
});

const queryOf = (token: string): Record<string, string> => Object.fromEntries(new URL(`https://${token}`).searchParams);

async function presigned(service: string, request: object): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service, region, credentials, sha256: NodeHash as never });
  const asked = { method: 'GET', protocol: 'https:', path: '/', ...request };
  const signed = await signer.presign(asked as never, { expiresIn: 900, signingDate: now });
  return signed.query as Record<string, string>;
}

/** SHA-256 as the library asks for it. */
class NodeHash {
  readonly #hash;
  constructor(secret?: Uint8Array | string) {
    this.#hash = secret ? createHmac('sha256', secret) : createHash('sha256');
  }
  update(bytes: Uint8Array | string): void {
    this.#hash.update(bytes);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}
