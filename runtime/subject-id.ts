import { createHash } from 'node:crypto';
import type { Subject } from './auth.ts';
import { formatUuid } from './ports.ts';

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The id under which every service knows a caller. Cognito's `sub` is a UUID and stays what it is; another issuer's is turned
 * into one (a digest, version 8), the same everywhere and for ever.
 */
export function userIdOf(subject: Subject): string {
  if (uuidForm.test(subject.sub)) return subject.sub.toLowerCase();
  return formatUuid(createHash('sha256').update('millrace subject\0').update(subject.sub).digest(), 8);
}
