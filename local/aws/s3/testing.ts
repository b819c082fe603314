import { S3 } from '@aws-sdk/client-s3';
import type { TestEndpoint } from '../testing.ts';
import { startTestEndpoint } from '../testing.ts';

/** The real SDK's client; the keys `local` are those whose signatures are verified. */
export function s3ClientOf(url: string, keys: { accessKeyId?: string; secretAccessKey?: string } = {}): S3 {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local', ...keys };
  return new S3({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
}

export interface TestBuckets extends TestEndpoint {
  s3: S3;
}

/** An endpoint of its own with these buckets. */
export async function startTestBuckets(...names: string[]): Promise<TestBuckets> {
  const endpoint = await startTestEndpoint();
  const s3 = s3ClientOf(endpoint.url);
  for (const Bucket of names) await s3.createBucket({ Bucket });
  return {
    ...endpoint,
    s3,
    close: async () => {
      s3.destroy();
      await endpoint.close();
    },
  };
}

/** Status, code of S3's error and header of an answer, as a browser sees it. */
export async function outcome(response: Response | Promise<Response>): Promise<[number, string | undefined]> {
  const { status, text } = await (async (answer) => ({ status: answer.status, text: await answer.text() }))(
    await response,
  );
  return [status, /<Code>(.*?)<\/Code>/.exec(text)?.[1]];
}
