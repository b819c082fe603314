import { useInfiniteQuery } from '@tanstack/react-query';
import { hasEnded, ordersQuery } from '../api/shop-queries.ts';
import type { Order } from '../api/shop-types.ts';
import { formatMoney } from '../text/money.ts';
import { formatMoment } from '../text/time.ts';
import { Link } from '../ui/link.tsx';
import { Failure, sayShopFailure } from '../ui/notice.tsx';
import { Frame, OwnFrame } from '../view/frame.tsx';
import { ShowMore } from '../view/show-more.tsx';
import { shortNumber } from './order-page.tsx';
import { stateNames, toneOf } from './progress.ts';
import './order.css';
import './orders.css';

/** The orders of this person, the newest first. */
export function OrdersPage() {
  return (
    <OwnFrame title="My orders" why="Log in to see your orders.">
      {() => <Orders />}
    </OwnFrame>
  );
}

function Orders() {
  const query = ordersQuery();
  const pages = useInfiniteQuery({
    ...query,
    // Asked again while something moves.
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some((order) => !hasEnded(order))) ? query.refetchInterval : false,
  });
  const orders = pages.data?.pages.flatMap((page) => page.items);
  return (
    <Frame title="My orders" isBusy={pages.isPending}>
      {pages.error && !orders && (
        <div className="card">
          <Failure error={pages.error} say={sayShopFailure} onRetry={() => void pages.refetch()} />
        </div>
      )}
      {orders?.length === 0 && (
        <div className="card frame-empty">
          <p>You have not ordered anything yet.</p>
          <Link className="button main" to="/shop">
            Go to the shop
          </Link>
        </div>
      )}
      {pages.isPending && <span className="skeleton order-skeleton" />}
      {orders && orders.length > 0 && (
        <ul className="card orders" aria-label="Orders">
          {orders.map((order) => (
            <li key={order.id}>
              <Row order={order} />
            </li>
          ))}
        </ul>
      )}
      <ShowMore pages={pages} className="frame-more" />
    </Frame>
  );
}

function Row({ order }: { order: Order }) {
  const names = order.items.map(({ name, quantity }) => (quantity === 1 ? name : `${quantity} × ${name}`)).join(', ');
  return (
    <Link to={`/orders/${order.id}`} className="order-row">
      <span className="order-number">{shortNumber(order.id)}</span>
      <span className="order-names">{names}</span>
      <time dateTime={order.placedAt}>{formatMoment(order.placedAt)}</time>
      <span className={`chip-state ${order.isCancelling ? '' : toneOf(order)}`}>
        {order.isCancelling ? 'Being cancelled' : stateNames[order.state]}
      </span>
      <strong>{formatMoney(order.total)}</strong>
    </Link>
  );
}
