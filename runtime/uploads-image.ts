import { fileTypeFromBuffer } from 'file-type';
import { imageSize } from 'image-size';
import type { ImageType, UploadRefusal } from './uploads-rules.ts';
import { imageTypes, maxPixels, maxSidePixels } from './uploads-rules.ts';

/** What was found at the beginning of an object. */
export type ImageFacts =
  | { outcome: 'image'; type: ImageType; width: number; height: number }
  | { outcome: 'refused'; reason: UploadRefusal };

// Enough for every signature; less than enough for an archive that unpacks to much.
const signatureBytes = 4_100;
const namesOfTypes: Record<ImageType, string> = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp' };

/**
 * Says what an object is by its first bytes, without decoding it: the real type, which must be the declared one, and the
 * dimensions of its header.
 */
export async function readImageFacts(start: Uint8Array, declaredType: string): Promise<ImageFacts> {
  const found = await fileTypeFromBuffer(start.subarray(0, signatureBytes));
  const type = imageTypes.find((known) => known === found?.mime);
  if (type === undefined || type !== declaredType) return { outcome: 'refused', reason: 'wrong-type' };
  // A copy: image-size reads on in the memory behind a view that is too short for a header.
  const size = sizeOf(Uint8Array.from(start), type);
  if (size === undefined) return { outcome: 'refused', reason: 'unreadable' };
  const { width, height } = size;
  if (width > maxSidePixels || height > maxSidePixels || width * height > maxPixels) {
    return { outcome: 'refused', reason: 'too-many-pixels' };
  }
  return { outcome: 'image', type, width, height };
}

/** Nothing where the header is broken, or says that there is no pixel. */
function sizeOf(start: Uint8Array, type: ImageType): { width: number; height: number } | undefined {
  try {
    const { width, height, type: name } = imageSize(start);
    return name === namesOfTypes[type] && width >= 1 && height >= 1 ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}
