import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { userQuery } from '../api/queries.ts';
import { noticesQuery } from '../api/shop-queries.ts';
import type { NoticeItem } from '../api/shop-types.ts';
import { followStream } from '../live/follow-stream.ts';
import { useLookedAt } from '../live/use-looked-at.ts';
import type { NoticePages } from './notice-list.ts';
import { withNotice } from './notice-list.ts';

/** Listens for notices while somebody is logged in, and says each aloud. An order that has news is asked for at once. */
export function NoticeLine() {
  const { data: user } = useQuery(userQuery);
  const isLookedAt = useLookedAt();
  const client = useQueryClient();
  const [latest, setLatest] = useState('');
  const who = user?.email;
  useEffect(() => {
    if (who === undefined || !isLookedAt) return;
    const { queryKey } = noticesQuery();
    const line = followStream({
      address: '/session/api/notifications/live',
      // The list may have been read before the line was open: what came in between is in neither.
      onConnection: ({ state }) => {
        if (state === 'open') void client.invalidateQueries({ queryKey });
      },
      onReturn: () => undefined,
      onMessage: ({ event, data }) => {
        if (event !== 'notice') return;
        const notice = JSON.parse(data) as NoticeItem;
        // An answer that is under way may be older than this notice, and would take its place.
        if (client.isFetching({ queryKey }) > 0) void client.invalidateQueries({ queryKey });
        client.setQueryData<NoticePages>(queryKey, (known) => withNotice(known, notice));
        void client.invalidateQueries({ queryKey: ['order', notice.orderId] });
        // These may be reading their next page just now, because somebody asked for it: that is not to be cut.
        for (const key of [['orders'], ['loyalty']]) {
          void client.invalidateQueries({ queryKey: key }, { cancelRefetch: false });
        }
        setLatest(notice.subject);
      },
    });
    return () => line.stop();
  }, [who, isLookedAt, client]);
  return (
    <p className="unseen" role="status">
      {latest}
    </p>
  );
}
