import { Notice } from '../ui/notice.tsx';
import { useNow } from '../ui/use-now.ts';
import { usePage } from './page-context.ts';

/** Says when the live line is away, and when it is tried again. */
export function ConnectionNote() {
  const { connection } = usePage().live;
  const nowMs = useNow(1_000);
  if (connection.state !== 'waiting') return null;
  const seconds = Math.max(1, Math.ceil((connection.untilMs - nowMs) / 1000));
  const reason = connection.reason === 'offline' ? 'This device is offline.' : 'The live line was cut.';
  return (
    <Notice>
      {reason} It is tried again in {seconds} s; what you see is from before.
    </Notice>
  );
}
