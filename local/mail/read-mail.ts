import PostalMime from 'postal-mime';

/** A mail as a person reads it. */
export interface ReadMail {
  subject: string;
  messageId: string | null;
  headers: { name: string; value: string }[];
  text: string | null;
  html: string | null;
}

const maxSubject = 500;
const limits = { maxNestingDepth: 32, maxHeadersSize: 256 * 1024 };

/** Reads a mail; whatever cannot be read is shown as text, so that every mail that came is seen. */
export async function readMail(raw: Buffer): Promise<ReadMail> {
  try {
    const { subject = '', messageId = null, headers, text = null, html = null } = await PostalMime.parse(raw, limits);
    const shown = headers.map(({ originalKey, value }) => ({ name: originalKey, value }));
    return { subject: subject.slice(0, maxSubject), messageId, headers: shown, text, html };
  } catch {
    return { subject: '', messageId: null, headers: [], text: raw.toString('utf8'), html: null };
  }
}
