import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { awsCredentials } from './aws-credentials.ts';

describe('the credentials of a pod', () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  let folder = '';
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are an error soon when STS takes the request and does not answer', async () => {
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    folder = await mkdtemp(join(tmpdir(), 'millrace-credentials-'));
    const token = join(folder, 'token');
    await writeFile(token, 'a.b.c');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', token);
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::111122223333:role/dev-order');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await expect(awsCredentials('us-east-1', 100)()).rejects.toThrow(/exceeded the configured 100 ms/);
    expect(sockets.length).toBeGreaterThan(0);
  });
});
