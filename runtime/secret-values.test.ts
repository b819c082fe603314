import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { signPost } from './aws-signature.ts';
import { withSecrets } from './secret-values.ts';

const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:dev/millrace/analytics/signing-key-a1b2c3';
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };

interface Asked {
  headers: Record<string, unknown>;
  body: string;
}

const server = {
  url: '',
  asked: [] as Asked[],
  answer: (_: Asked): { status: number; body: object } => ({ status: 200, body: {} }),
};
const http = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const asked = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
  server.asked.push(asked);
  const { status, body } = server.answer(asked);
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
});

const notFound = { status: 400, body: { __type: 'ResourceNotFoundException', message: 'not found' } };
const notRotated =
  (current: object) =>
  ({ body }: Asked) =>
    JSON.parse(body).VersionStage === 'AWSPREVIOUS' ? notFound : { status: 200, body: current };

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  server.asked = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  http.close();
  http.closeAllConnections();
});

describe('secrets that are named by their ARN', () => {
  it('are fetched by name and stand beside the other variables', async () => {
    server.answer = notRotated({ SecretString: 'the key itself' });
    const variables = { PORT: '80', SIGNING_KEY_SECRET_ARN: arn, AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url };
    expect(await withSecrets(variables)).toEqual({ ...variables, SIGNING_KEY: 'the key itself' });
    expect(server.asked[0]?.headers['x-amz-target']).toBe('secretsmanager.GetSecretValue');
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({ SecretId: arn, VersionStage: 'AWSCURRENT' });
  });
  it('that were rotated come with the text before', async () => {
    server.answer = ({ body }) => ({
      status: 200,
      body: { SecretString: `the text of ${JSON.parse(body).VersionStage}` },
    });
    const variables = { SIGNING_KEY_SECRET_ARN: arn, AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url };
    const found = { SIGNING_KEY: 'the text of AWSCURRENT', SIGNING_KEY_PREVIOUS: 'the text of AWSPREVIOUS' };
    expect(await withSecrets(variables)).toEqual({ ...variables, ...found });
  });
  it('are asked for again when the role is not ready, and given up with the reason', async () => {
    server.answer = () => ({ status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized' } });
    const variables = { SIGNING_KEY_SECRET_ARN: arn, AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url };
    await expect(withSecrets(variables)).rejects.toThrow(
      'SIGNING_KEY_SECRET_ARN: the secret cannot be read: AccessDeniedException: not authorized',
    );
    expect(server.asked).toHaveLength(3);
  });
  it('are all fetched with credentials that were asked for once', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/credentials`);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    const role = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration };
    server.answer = (asked) =>
      asked.body === ''
        ? { status: 200, body: role }
        : notRotated({ SecretString: JSON.parse(asked.body).SecretId })(asked);
    const other = arn.replace('signing-key', 'other-key');
    const wanted = { SIGNING_KEY_SECRET_ARN: arn, OTHER_KEY_SECRET_ARN: other };
    const found = await withSecrets({ ...wanted, AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url });
    expect(found).toMatchObject({ SIGNING_KEY: arn, OTHER_KEY: other });
    expect(server.asked.filter(({ body }) => body === '')).toHaveLength(1);
    expect(server.asked).toHaveLength(5);
  });
  it('that are no ARN are refused without asking', async () => {
    await expect(withSecrets({ SIGNING_KEY_SECRET_ARN: 'signing-key' })).rejects.toThrow('not the ARN of a secret');
  });
});

describe('a signed request', () => {
  it("has the signature that AWS's own library makes", async () => {
    const now = new Date('2026-03-04T05:06:07Z');
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' };
    const body = JSON.stringify({ SecretId: arn });
    const host = 'secretsmanager.us-east-1.amazonaws.com';
    const place = { region: 'us-east-1', service: 'secretsmanager' };
    const signer = new SignatureV4({ ...place, credentials, sha256: NodeHash as never, applyChecksum: false });
    const theirs = (await signer.sign(
      { method: 'POST', protocol: 'https:', hostname: host, path: '/', headers: { ...headers, host }, body } as never,
      { signingDate: now },
    )) as unknown as { headers: Record<string, string> };
    const ours = signPost({ host, body, headers, ...place }, credentials, now);
    expect(ours['authorization']).toBe(theirs.headers['authorization']);
  });
});

/** SHA-256 as the library asks for it. */
class NodeHash {
  readonly #hash;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(bytes: string | Uint8Array): void {
    this.#hash.update(bytes);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}
