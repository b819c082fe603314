import { expect, test } from 'vitest';
import { signIamToken } from './iam-token.ts';

const target = { host: 'db.example', port: 5432, user: 'app user', region: 'eu-west-1' };
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

test('a token is what the signer of the AWS SDK makes', async () => {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const { createHash, createHmac } = await import('node:crypto');
  class Sha256 {
    hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
    constructor(secret?: Uint8Array | string) {
      this.hash = secret ? createHmac('sha256', secret) : createHash('sha256');
    }
    update(bytes: Uint8Array | string): void {
      this.hash.update(bytes);
    }
    digest(): Promise<Uint8Array> {
      return Promise.resolve(this.hash.digest());
    }
    reset(): void {}
  }
  const session = { ...credentials, sessionToken: 'token/with+signs=' };
  const now = new Date('2026-03-01T10:00:00.000Z');
  const signer = new SignatureV4({
    service: 'rds-db',
    region: 'eu-west-1',
    credentials: session,
    sha256: Sha256 as never,
  });
  const { host, port, user } = target;
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname: host,
    port,
    path: '/',
    query: { Action: 'connect', DBUser: user },
    headers: { host: `${host}:${port}` },
  };
  const signed = await signer.presign(request as never, { expiresIn: 900, signingDate: now });
  const expected = signed.query as Record<string, string>;
  const token = signIamToken(target, session, now);
  expect(token.startsWith('db.example:5432/?')).toBe(true);
  expect(Object.fromEntries(new URL(`https://${token}`).searchParams)).toEqual(expected);
});
