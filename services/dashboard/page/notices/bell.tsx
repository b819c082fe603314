import { formatAge } from '../text/time.ts';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { Popover } from '../ui/popover.tsx';
import { useNow } from '../ui/use-now.ts';
import { noticesOf } from './notice-list.ts';
import { useNotices } from './use-notices.ts';
import './notices.css';

const shownNotices = 6;

/** How much is unread, and the latest of it. */
export function Bell() {
  const { pages, unread, read } = useNotices();
  const nowMs = useNow(30_000);
  const latest = noticesOf(pages.data).slice(0, shownNotices);
  const count = unread.length;
  return (
    <Popover
      className="button bare square"
      side="end"
      label={count === 0 ? 'Notifications' : `Notifications, ${count} unread`}
      trigger={
        <>
          <Icon name="bell" />
          {count > 0 && (
            <span className="header-count" aria-hidden="true">
              {count > 9 ? '9+' : count}
            </span>
          )}
        </>
      }
    >
      {(close) => (
        <>
          {latest.length === 0 && <p className="menu-note">Nothing yet. Orders tell here how they go on.</p>}
          <ul className="bell-list" aria-label="Latest notifications">
            {latest.map((notice) => (
              <li key={notice.id}>
                <Link
                  to={notice.orderId ? `/orders/${notice.orderId}` : '/notifications'}
                  className={notice.readAt ? 'menu-item' : 'menu-item unread'}
                  onGo={() => {
                    read([notice]);
                    close();
                  }}
                >
                  <span className="bell-words">{notice.subject}</span>
                  <span className="aside">{formatAge(nowMs - Date.parse(notice.createdAt))}</span>
                </Link>
              </li>
            ))}
          </ul>
          <div className="menu-line" />
          {count > 0 && (
            <button type="button" className="menu-item" onClick={() => read(unread)}>
              <Icon name="check" />
              Mark all as read
            </button>
          )}
          <Link to="/notifications" className="menu-item" onGo={close}>
            <Icon name="bell" />
            All notifications
          </Link>
        </>
      )}
    </Popover>
  );
}
