import type { AwsCredentials } from './aws-signature.ts';
import type { Clock, Random } from './ports.ts';
import { unavailable } from './problem.ts';
import type { ImageType, UploadRefusal } from './uploads-rules.ts';
import type { BucketPlace } from './uploads-signature.ts';
import { bucketUrl, signForm, signUrl } from './uploads-signature.ts';

/** A form for one upload: a multipart POST to `url` with `fields`, in this order, and then the field `file`. */
export interface UploadForm {
  key: string;
  url: string;
  fields: Record<string, string>;
  expiresAt: Date;
  maxBytes: number;
}

/** What an uploaded object is. */
export type Inspection =
  | { outcome: 'image'; type: ImageType; width: number; height: number; sizeBytes: number; etag: string }
  | { outcome: 'refused'; reason: UploadRefusal };

/** Uploads that go straight to a bucket, and what is known of them afterwards. */
export interface Uploads {
  /**
   * Permits one upload, bound to a new key of ours, the type and at most `maxBytes`, for ten minutes.
   * @throws Problem 503 when this process has no credentials at present.
   */
  offer(wish: { ownerId: string; type: ImageType; maxBytes: number }): Promise<UploadForm>;
  /** Whose upload a key is; nothing for a key that `offer` does not make. */
  ownerOf(key: string): string | undefined;
  /** Looks at an object itself. @throws when the bucket does not answer within three seconds, or refuses us. */
  inspectImage(key: string, limits: { maxBytes: number }): Promise<Inspection>;
  /** A URL that shows the object for an hour. @throws as `offer` does. */
  viewUrl(key: string): Promise<string>;
  /** Takes an object away; one that is not there is gone already. @throws as `inspectImage` does. */
  remove(key: string): Promise<void>;
}

interface UploadsOptions extends BucketPlace {
  /** `user`: keys begin with it, and the service's role may touch no others. */
  service: string;
  /** `avatar`: the second part of the keys. */
  purpose: string;
  clock: Clock;
  random: Random;
  /** Those of this process unless given. */
  credentials?: () => Promise<AwsCredentials>;
}

const formSeconds = 600;
const viewSeconds = 3_600;
const ownSeconds = 60;
const deadlineMs = 3_000;
/** A JPEG may have its dimensions behind a long colour profile. */
const startBytes = 512 * 1024;
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Opens the uploads of one service for one purpose. The keys are `<service>/<purpose>/<owner's id>/<uuid>`. */
export function openUploads(options: UploadsOptions): Uploads {
  const { service, purpose, clock, random } = options;
  const given = options.credentials ?? ownCredentials(options.region);
  const credentials = (): Promise<AwsCredentials> =>
    given().catch((cause: unknown) => {
      throw unavailable('The storage of images does not answer. Try again.', cause);
    });
  const keyForm = new RegExp(`^${service}/${purpose}/(${uuid})/${uuid}$`);
  const sign = async (method: 'GET' | 'DELETE', key: string, seconds: number): Promise<string> =>
    signUrl(options, { method, key, seconds }, { credentials: await credentials(), now: clock.now() });
  return {
    offer: async ({ ownerId, type, maxBytes }) => {
      const now = clock.now();
      const expiresAt = new Date(now.getTime() + formSeconds * 1_000);
      const key = `${service}/${purpose}/${ownerId}/${random.uuid()}`;
      const wish = { key, contentType: type, maxBytes, expiresAt };
      const fields = signForm(options, wish, { credentials: await credentials(), now });
      return { key, url: `${bucketUrl(options)}/`, fields, expiresAt, maxBytes };
    },
    ownerOf: (key) => keyForm.exec(key)?.[1],
    inspectImage: async (key, limits) => inspect(await sign('GET', key, ownSeconds), limits),
    viewUrl: (key) => sign('GET', key, viewSeconds),
    remove: async (key) => {
      const response = await call(await sign('DELETE', key, ownSeconds), { method: 'DELETE' });
      await response.body?.cancel();
      if (!response.ok && response.status !== 404) throw refusal(response);
    },
  };
}

/** The SDK's chain of credentials is loaded at the first use: a process that makes no form never needs it. */
function ownCredentials(region: string): () => Promise<AwsCredentials> {
  let made: Promise<() => Promise<AwsCredentials>> | undefined;
  return async () => {
    made ??= import('./aws-credentials.ts').then(({ awsCredentials }) => awsCredentials(region));
    return (await made)();
  };
}

async function inspect(url: string, { maxBytes }: { maxBytes: number }): Promise<Inspection> {
  const response = await call(url, { headers: { range: `bytes=0-${startBytes - 1}` } });
  const refused = (reason: UploadRefusal): Inspection => ({ outcome: 'refused', reason });
  if (response.status === 404 || response.status === 416) {
    await response.body?.cancel();
    // An empty object has no bytes of any range.
    return refused(response.status === 404 ? 'gone' : 'unreadable');
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw refusal(response);
  }
  const sizeBytes = sizeOf(response);
  if (sizeBytes > maxBytes) {
    await response.body?.cancel();
    return refused('too-large');
  }
  const start = await readStart(response);
  const { readImageFacts } = await import('./uploads-image.ts');
  const facts = await readImageFacts(start, response.headers.get('content-type') ?? '');
  return facts.outcome === 'image' ? { ...facts, sizeBytes, etag: response.headers.get('etag') ?? '' } : facts;
}

const call = (url: string, request: RequestInit): Promise<Response> =>
  fetch(url, { ...request, redirect: 'error', signal: AbortSignal.timeout(deadlineMs) });

/** The status alone: S3's answer names the key, and so a person. */
const refusal = ({ status }: Response): Error => new Error(`The bucket answered ${status}.`);

/** The whole object's size, also where only a part of it was sent. */
function sizeOf(response: Response): number {
  const size = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  const bytes = Number(size ?? response.headers.get('content-length') ?? Number.NaN);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new Error('The bucket does not say how large the object is.');
}

/** At most the bytes that were asked for, also of a server that sends more. */
async function readStart(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let read = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    read += part.byteLength;
    if (read >= startBytes) break;
  }
  return Buffer.concat(parts).subarray(0, startBytes);
}
