import { ApiError, call } from './client.ts';
import type { UploadGrant } from './shop-types.ts';

const deadlineMs = 120_000;
export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;

/** Sends a picture to the bucket by a form that the service signed. `onProgress` gets a share of 0 to 1. @throws ApiError */
export async function uploadPicture(address: string, file: File, onProgress: (share: number) => void): Promise<void> {
  const grant = await call<UploadGrant>(address, { body: { contentType: file.type, sizeBytes: file.size } });
  const form = new FormData();
  for (const [name, value] of Object.entries(grant.fields)) form.append(name, value);
  // The bucket reads no further than the file.
  form.append('file', file);
  await send(grant.url, form, onProgress);
}

/** By XMLHttpRequest: fetch does not tell how far it is. */
function send(url: string, form: FormData, onProgress: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.timeout = deadlineMs;
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new ApiError(request.status, sayRefusal(request.responseText)));
    };
    const fail = (): void => reject(new ApiError(0, 'The upload was cut. Check your connection and try again.'));
    request.onerror = fail;
    request.ontimeout = fail;
    request.onabort = fail;
    request.send(form);
  });
}

const refusals: Record<string, string> = {
  EntityTooLarge: 'The picture is too large.',
  EntityTooSmall: 'The file is empty.',
  AccessDenied: 'The permission to upload has ended. Try again.',
  ExpiredToken: 'The permission to upload has ended. Try again.',
};

/** What a bucket says in XML, as a sentence. */
export function sayRefusal(xml: string): string {
  const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(xml)?.[1] ?? '';
  return (Object.hasOwn(refusals, code) ? refusals[code] : undefined) ?? 'The picture was not taken. Try another one.';
}
