import { ByteReader, readAtMost } from './byte-reader.ts';
import type { S3Request } from './request.ts';
import { chunksOf } from './request.ts';
import { invalidArgument, S3Error } from './s3-error.ts';

/** A form of multipart/form-data, read up to its file. */
export interface Form {
  /** By name in lower case; the first of a name counts. */
  fields: ReadonlyMap<string, string>;
  fileName: string;
  /** The content of the file, which ends when the form's own mark for its end was seen. */
  file: AsyncIterable<Buffer>;
}

const maxFieldsBytes = 20 * 1024;
const maxFields = 200;

/** Reads the fields that come before the file; S3 does not look at those after it. */
export async function readForm(request: S3Request): Promise<Form> {
  const type = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    request.header('content-type') ?? '',
  );
  if (type === null) {
    throw new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
      Condition: 'Bucket POST must be of the enclosure-type multipart/form-data',
    });
  }
  const boundary = `--${type[1] ?? type[2]}`;
  const reader = new ByteReader(chunksOf(request.message));
  const fields = new Map<string, string>();
  let left = maxFieldsBytes;
  const spend = (bytes: Buffer | undefined): Buffer => {
    left -= bytes === undefined ? maxFieldsBytes : bytes.length;
    if (bytes === undefined || left < 0) throw tooMuch();
    return bytes;
  };
  spend(await readAtMost(reader.until(Buffer.from(boundary)), left));
  const mark = Buffer.from(`\r\n${boundary}`);
  for (let count = 0; count <= maxFields; count += 1) {
    const end = spend(await reader.line(left))
      .toString('latin1')
      .trim();
    if (end.startsWith('--')) throw noFile();
    if (end !== '') throw malformed();
    const { name, fileName } = await readPartName(() => reader.line(left).then(spend));
    if (name === 'file') return { fields, fileName, file: reader.until(mark) };
    const value = textOf(spend(await readAtMost(reader.until(mark), left)));
    if (!fields.has(name)) fields.set(name, value);
  }
  throw tooMuch();
}

async function readPartName(nextLine: () => Promise<Buffer>): Promise<{ name: string; fileName: string }> {
  let disposition = '';
  for (;;) {
    const line = textOf(await nextLine());
    if (line === '') break;
    if (/^content-disposition\s*:/i.test(line)) disposition = line;
  }
  const parameter = (name: string): string | undefined =>
    new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(disposition)?.slice(1, 3).join('');
  const name = parameter('name')?.toLowerCase();
  if (name === undefined) throw malformed();
  return { name, fileName: (parameter('filename') ?? '').replaceAll('%22', '"').replace(/^.*[/\\]/s, '') };
}

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Buffer): string {
  try {
    return strictText.decode(bytes);
  } catch {
    throw malformed();
  }
}

const malformed = (): S3Error =>
  new S3Error(400, 'MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.');

const tooMuch = (): S3Error =>
  new S3Error(
    400,
    'MaxPostPreDataLengthExceeded',
    'Your POST request fields preceding the upload file were too large.',
    { MaxPostPreDataLengthBytes: String(maxFieldsBytes) },
  );

const noFile = (): S3Error =>
  invalidArgument('POST requires exactly one file upload per request.', { ArgumentName: 'file', ArgumentValue: '0' });
