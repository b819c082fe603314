import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import { signText } from './aws-signature.ts';
import { bucketUrl, signForm, signUrl } from './uploads-signature.ts';

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const place = { bucket: 'uploads', region: 'eu-west-1' };
const now = new Date('2026-03-01T10:00:00.000Z');

test('a URL is what the signer of the AWS SDK makes', async () => {
  class Sha256 {
    hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
    constructor(secret?: Uint8Array | string) {
      this.hash = secret ? createHmac('sha256', secret) : createHash('sha256');
    }
    update(bytes: Uint8Array | string): void {
      this.hash.update(bytes);
    }
    digest(): Promise<Uint8Array> {
      return Promise.resolve(this.hash.digest());
    }
    reset(): void {}
  }
  const session = { ...credentials, sessionToken: 'token/with+signs=' };
  const signer = new SignatureV4({
    service: 's3',
    region: place.region,
    credentials: session,
    sha256: Sha256 as never,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const host = 'uploads.s3.eu-west-1.amazonaws.com';
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname: host,
    path: '/user/avatar/a/b',
    query: {},
    headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  };
  const unsigned = new Set(['x-amz-content-sha256']);
  const options = { expiresIn: 3_600, signingDate: now, unsignableHeaders: unsigned, unhoistableHeaders: unsigned };
  const signed = (await signer.presign(request as never, options)).query as Record<string, string>;
  const url = signUrl(place, { method: 'GET', key: 'user/avatar/a/b', seconds: 3_600 }, { credentials: session, now });
  expect(url.startsWith(`https://${host}/user/avatar/a/b?`)).toBe(true);
  expect(Object.fromEntries(new URL(url).searchParams)).toEqual(signed);
});

test('a policy is signed as the documentation of S3 shows', () => {
  const policy =
    'eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9';
  expect(signText(policy, '20151229/us-east-1/s3/aws4_request', credentials)).toBe(
    '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
  );
});

test('a form binds each of its fields, the size and the time', () => {
  const expiresAt = new Date('2026-03-01T10:10:00.000Z');
  const wish = { key: 'user/avatar/a/b', contentType: 'image/png', maxBytes: 2_000, expiresAt };
  const fields = signForm(place, wish, { credentials: { ...credentials, sessionToken: 'session' }, now });
  const { Policy = '', 'X-Amz-Signature': signature, ...bound } = fields;
  expect(JSON.parse(Buffer.from(Policy, 'base64').toString())).toEqual({
    expiration: '2026-03-01T10:10:00.000Z',
    conditions: [
      ...Object.entries(bound).map(([name, value]) => ({ [name]: value })),
      ['content-length-range', 1, 2_000],
    ],
  });
  expect(bound).toEqual({
    bucket: 'uploads',
    key: 'user/avatar/a/b',
    'Content-Type': 'image/png',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20260301/eu-west-1/s3/aws4_request',
    'X-Amz-Date': '20260301T100000Z',
    'X-Amz-Security-Token': 'session',
  });
  expect(signature).toMatch(/^[0-9a-f]{64}$/);
});

test('on a laptop the bucket is a part of the path', () => {
  expect(bucketUrl({ ...place, endpoint: 'http://127.0.0.1:4566/' })).toBe('http://127.0.0.1:4566/uploads');
  expect(bucketUrl(place)).toBe('https://uploads.s3.eu-west-1.amazonaws.com');
});
