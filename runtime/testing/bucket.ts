import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAwsEndpoint } from '@millrace/local/aws/endpoint.ts';
import { systemClock, systemRandom } from '../ports.ts';
import type { UploadForm, Uploads } from '../uploads.ts';
import { openUploads } from '../uploads.ts';
import { signUrl } from '../uploads-signature.ts';

/** A bucket of the local S3, which checks every signature of these credentials. */
export interface TestBucket {
  /** The endpoint's address. */
  url: string;
  bucket: string;
  uploads: Uploads;
  /** Posts a form as a browser does. @returns the status of the bucket's answer */
  post(
    form: Pick<UploadForm, 'url' | 'fields'>,
    content: Uint8Array,
    options?: { fields?: Record<string, string>; fileName?: string },
  ): Promise<number>;
  /** The status with which the bucket answers for an object: 200 or 404. */
  look(key: string): Promise<number>;
  close(): Promise<void>;
}

/** The keys of the local platform; the local S3 verifies what they sign. */
export const testCredentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Starts a local S3 with one bucket for the uploads of a service. */
export async function openTestBucket(options: { service: string; purpose: string }): Promise<TestBucket> {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bucket-'));
  const endpoint = await startAwsEndpoint({ host: '127.0.0.1', port: 0, controlPort: 0, dataDir });
  const bucket = 'dev-millrace-uploads';
  const place = { bucket, region: 'us-east-1', endpoint: endpoint.url };
  const signer = () => ({ credentials: testCredentials, now: systemClock.now() });
  await create(`${endpoint.url}/${bucket}`);
  const credentials = async () => testCredentials;
  const uploads = openUploads({ ...place, ...options, clock: systemClock, random: systemRandom, credentials });
  return {
    url: endpoint.url,
    bucket,
    uploads,
    post: async ({ url, fields }, content, { fields: more = {}, fileName = 'portrait' } = {}) => {
      const form = new FormData();
      for (const [name, value] of Object.entries({ ...fields, ...more })) form.append(name, value);
      form.append('file', new Blob([content as Uint8Array<ArrayBuffer>]), fileName);
      const response = await fetch(url, { method: 'POST', body: form, signal: AbortSignal.timeout(30_000) });
      await response.arrayBuffer();
      return response.status;
    },
    look: async (key) => {
      const response = await fetch(signUrl(place, { method: 'GET', key, seconds: 60 }, signer()));
      await response.arrayBuffer();
      return response.status;
    },
    close: async () => {
      await endpoint.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** With keys that the local S3 takes without a look. */
async function create(url: string): Promise<void> {
  const date = '20260101';
  const response = await fetch(url, {
    method: 'PUT',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=any/${date}/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00`,
      'x-amz-date': `${date}T000000Z`,
    },
  });
  if (!response.ok) throw new Error(`no bucket: ${response.status} ${await response.text()}`);
}
