import { checkKey, encode, encodePath } from './address.ts';
import { signatureDoesNotMatch } from './authorize.ts';
import type { StoredObject } from './bucket-store.ts';
import type { Form } from './form.ts';
import { readForm } from './form.ts';
import { keepObject, maxObjectBytes } from './keep-object.ts';
import { objectHeaders } from './object-headers.ts';
import type { Policy } from './policy.ts';
import { checkPolicy, parsePolicy } from './policy.ts';
import type { S3Answer, S3Operation, S3Request } from './request.ts';
import { accessDenied, invalidArgument } from './s3-error.ts';
import { algorithm, isSigned, readScope } from './signature.ts';
import type { S3State } from './state.ts';
import { renderXml } from './xml.ts';

/** An upload from a browser's form, which carries its own permission: a policy that somebody with keys has signed. */
export function postObject(state: S3State): S3Operation {
  return async (request) => {
    state.buckets.get(request.bucket);
    const form = await readForm(request);
    const fields = filledFields(form, request.bucket);
    const key = checkKey(fields.get('key') ?? '');
    if (key === '') throw missingField('key');
    const policy = permission(fields, state.now());
    const object = await keepObject(state, request, {
      key,
      reason: 'PostObject',
      headers: headersOf(fields),
      payload: { source: form.file, checksums: [], expected: () => ({ sums: {} }) },
      minBytes: policy.minBytes,
      maxBytes: Math.min(policy.maxBytes, maxObjectBytes),
      mustBeNew: false,
    });
    return answerOf(request, { object, fields });
  };
}

/** What the fields say of the object, as headers would; two of them have shorter names in forms. */
function headersOf(fields: ReadonlyMap<string, string>): Record<string, string> {
  const longNames: Record<string, string> = { acl: 'x-amz-acl', tagging: 'x-amz-tagging' };
  const headers = new Map([...fields].map(([name, value]) => [longNames[name] ?? name, value]));
  return objectHeaders({ header: (name) => headers.get(name), headerNames: [...headers.keys()] });
}

/** The fields with the file's name where they ask for it. The bucket is that of the address, whatever the form says. */
function filledFields(form: Form, bucket: string): Map<string, string> {
  const untouched = /^(policy|x-amz-.*)$/;
  const filled = [...form.fields].map(([name, value]): [string, string] => [
    name,
    untouched.test(name) ? value : value.replace(/\$\{filename\}/g, () => form.fileName),
  ]);
  return new Map([...filled, ['bucket', bucket]]);
}

/** What the form may do. Throws what S3 answers when it may not. */
function permission(fields: ReadonlyMap<string, string>, now: number): Policy {
  const encoded = fields.get('policy');
  if (encoded === undefined) throw accessDenied();
  const required = (name: string): string => {
    const value = fields.get(name.toLowerCase());
    if (value === undefined) throw missingField(name);
    return value;
  };
  const signature = required('X-Amz-Signature');
  const scope = readScope(required('X-Amz-Credential'));
  const date = required('X-Amz-Date');
  if (required('X-Amz-Algorithm') !== algorithm) {
    throw invalidArgument('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"', { ArgumentName: 'X-Amz-Algorithm' });
  }
  if (scope?.service !== 's3' || !date.startsWith(scope.date)) {
    throw invalidArgument('Error parsing the X-Amz-Credential parameter.', { ArgumentName: 'X-Amz-Credential' });
  }
  if (!isSigned(scope, encoded, signature)) throw signatureDoesNotMatch();
  const policy = parsePolicy(encoded);
  checkPolicy(policy, fields, now);
  return policy;
}

const missingField = (name: string) =>
  invalidArgument(
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    { ArgumentName: name, ArgumentValue: '' },
  );

function answerOf(
  request: S3Request,
  { object, fields }: { object: StoredObject; fields: ReadonlyMap<string, string> },
): S3Answer {
  const { bucket } = request;
  const etag = `"${object.etag}"`;
  const location = `http://${request.header('host') ?? 'localhost'}/${bucket}/${encodePath(object.key)}`;
  const next = redirectOf(fields.get('success_action_redirect'));
  if (next !== undefined) {
    const query = `bucket=${encode(bucket)}&key=${encode(object.key)}&etag=${encode(etag)}`;
    next.search += next.search === '' ? query : `&${query}`;
    return { status: 303, headers: { etag, location: next.href } };
  }
  const wanted = fields.get('success_action_status');
  const headers = { etag, location };
  if (wanted !== '201') return { status: wanted === '200' ? 200 : 204, headers };
  const content = { Location: location, Bucket: bucket, Key: object.key, ETag: etag };
  return { status: 201, headers, body: renderXml('PostResponse', content, { hasNamespace: false }) };
}

/** An address that cannot be read is as good as none. */
function redirectOf(text: string | undefined): URL | undefined {
  const url = text ? URL.parse(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}
