import { z } from 'zod';
import { noticeKinds } from './notice.ts';
import type { StoredNotice } from './notice-store.ts';
import { pageText } from './page-text.ts';
import type { MailState } from './schema.ts';

/** A notice as the API gives it, in lists, alone and in the live stream. */
export const noticeView = z.object({
  id: z.uuid(),
  kind: z.enum(noticeKinds),
  subject: z.string(),
  text: z.string(),
  orderId: z.uuid().nullable(),
  email: z.object({ state: z.enum(['queued', 'sent', 'none']) }),
  createdAt: z.iso.datetime(),
  readAt: z.iso.datetime().nullable(),
});
export type NoticeView = z.output<typeof noticeView>;

/** What people see of a mail: on its way, sent, or that there is none. */
const mailStates: Record<MailState, NoticeView['email']['state']> = {
  waiting: 'queued',
  queued: 'queued',
  sent: 'sent',
  none: 'none',
  refused: 'none',
  'given-up': 'none',
};

/** Puts a notice into words for its recipient. */
export function viewOf({ id, facts, orderId, createdAt, readAt, mailState }: StoredNotice): NoticeView {
  return {
    id,
    kind: facts.kind,
    ...pageText(facts, orderId),
    orderId,
    email: { state: mailState === null ? 'none' : mailStates[mailState] },
    createdAt: createdAt.toISOString(),
    readAt: readAt?.toISOString() ?? null,
  };
}
