import { formatMoment } from '../text/time.ts';
import { Link } from '../ui/link.tsx';
import { Failure, sayShopFailure } from '../ui/notice.tsx';
import { Frame, OwnFrame } from '../view/frame.tsx';
import { ShowMore } from '../view/show-more.tsx';
import { noticesOf } from './notice-list.ts';
import { useNotices } from './use-notices.ts';
import './notices.css';

/** Everything that the shop told this person. */
export function NoticesPage() {
  return (
    <OwnFrame title="Notifications" why="Log in to see your notifications.">
      {() => <Notices />}
    </OwnFrame>
  );
}

function Notices() {
  const { pages, unread, read } = useNotices();
  const notices = noticesOf(pages.data);
  return (
    <Frame
      title="Notifications"
      isBusy={pages.isPending}
      actions={
        unread.length > 0 && (
          <button type="button" className="button" onClick={() => read(unread)}>
            Mark all as read
          </button>
        )
      }
    >
      {pages.error && !pages.data && (
        <Failure error={pages.error} say={sayShopFailure} onRetry={() => void pages.refetch()} />
      )}
      {pages.data && notices.length === 0 && (
        <p className="card frame-empty">Nothing yet. Orders tell here how they go on.</p>
      )}
      {notices.length > 0 && (
        <ul className="card notices" aria-label="Notifications">
          {notices.map((notice) => (
            <li key={notice.id} className={notice.readAt ? undefined : 'unread'}>
              <div>
                <h2>{notice.subject}</h2>
                <p>{notice.text}</p>
                <time dateTime={notice.createdAt}>{formatMoment(notice.createdAt)}</time>
              </div>
              {notice.orderId && (
                <Link to={`/orders/${notice.orderId}`} className="button small" onGo={() => read([notice])}>
                  Show the order
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      <ShowMore pages={pages} className="frame-more" />
    </Frame>
  );
}
