import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What plays Secrets Manager on a real socket. Secrets are named by the variable that they become. */
export interface TestSecrets {
  /** What tells a process where these secrets lie. */
  variables: Record<string, string>;
  /** Gives a secret a new current text; the one that it had is the one before. */
  rotate(name: string, text: string): void;
  /** How often the current text of a secret was asked for. */
  asked(name: string): number;
  /** From now on requests are answered, refused, or left without an answer until that changes. */
  behave(how: 'answers' | 'refuses' | 'waits'): void;
  close(): Promise<void>;
}

const arnOf = (name: string): string => `arn:aws:secretsmanager:us-east-1:111122223333:secret:dev/test/${name}-a1b2c3`;

/** Opens it with these secrets, none of which was rotated yet. */
export async function openTestSecrets(texts: Record<string, string>): Promise<TestSecrets> {
  const known = new Map(Object.entries(texts).map(([name, text]) => [arnOf(name), { AWSCURRENT: text }]));
  const asked: string[] = [];
  let how: Parameters<TestSecrets['behave']>[0] = 'answers';
  let waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const wish = JSON.parse(Buffer.concat(chunks).toString()) as { SecretId: string; VersionStage: 'AWSCURRENT' };
    if (wish.VersionStage === 'AWSCURRENT') asked.push(wish.SecretId);
    if (how === 'waits') await new Promise<void>((resolve) => waiting.push(resolve));
    const text = known.get(wish.SecretId)?.[wish.VersionStage];
    const fault = how === 'refuses' ? 'AccessDeniedException' : 'ResourceNotFoundException';
    const isGiven = how !== 'refuses' && text !== undefined;
    response.writeHead(isGiven ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(isGiven ? { SecretString: text } : { __type: fault, message: 'not now' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const arns = Object.keys(texts).map((name) => [`${name}_SECRET_ARN`, arnOf(name)]);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    variables: { ...Object.fromEntries(arns), AWS_ENDPOINT_URL_SECRETS_MANAGER: url },
    rotate: (name, text) => {
      const before = known.get(arnOf(name))?.AWSCURRENT;
      known.set(arnOf(name), { AWSCURRENT: text, ...(before !== undefined && { AWSPREVIOUS: before }) });
    },
    asked: (name) => asked.filter((arn) => arn === arnOf(name)).length,
    behave: (next) => {
      how = next;
      for (const goOn of waiting) goOn();
      waiting = [];
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
