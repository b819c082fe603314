/** The images that people may upload. SVG is a document with scripts and no image. */
export const imageTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;
export type ImageType = (typeof imageTypes)[number];

/** Why an upload is not taken. */
export const uploadRefusals = ['wrong-type', 'too-large', 'too-many-pixels', 'unreadable', 'gone'] as const;
export type UploadRefusal = (typeof uploadRefusals)[number];

/** Longest side and most pixels of an image that is taken. */
export const maxSidePixels = 8_192;
export const maxPixels = 40_000_000;
