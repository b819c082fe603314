import type { Letter } from './letter.ts';

/** What came of an attempt. `refused` is for good: the same letter would be refused again. */
export type Sending = { outcome: 'sent' } | { outcome: 'refused'; reason: string };

/** The port to whoever carries mail. */
export interface Mailer {
  /** Hands a letter over. @throws what may go away by itself: then the same letter goes again, under the same key. */
  send(letter: Letter, signal: AbortSignal): Promise<Sending>;
  close(): void;
}

/** The header that carries the notice's id. */
export const noticeHeader = 'X-Millrace-Notice';
/** RFC 3834: nobody answered a person here, so no program should answer us. */
export const automaticHeader = { name: 'Auto-Submitted', value: 'auto-generated' };
