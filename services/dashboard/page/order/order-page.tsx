import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../api/client.ts';
import { historyQuery, orderQuery } from '../api/shop-queries.ts';
import type { Order } from '../api/shop-types.ts';
import { formatMoment } from '../text/time.ts';
import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { Failure, Notice, sayShopFailure } from '../ui/notice.tsx';
import { Frame, OwnFrame } from '../view/frame.tsx';
import { CancelButton } from './cancel-button.tsx';
import { OrderFacts } from './order-facts.tsx';
import { OrderHistory } from './order-history.tsx';
import { OrderItems } from './order-items.tsx';
import { sayState, stateNames } from './progress.ts';
import { ProgressDrawing } from './progress-drawing.tsx';
import './order.css';

/** One order, as it moves. */
export function OrderPage({ id }: { id: string }) {
  return (
    <OwnFrame title="Order" why="Log in to see this order.">
      {() => <OwnOrder id={id} />}
    </OwnFrame>
  );
}

/** People speak of an order by the end of its number, as the mails and notices do. */
export const shortNumber = (id: string): string => id.slice(-8).toUpperCase();

function OwnOrder({ id }: { id: string }) {
  const { data: order, error, refetch } = useQuery(orderQuery(id));
  if (order) return <Known order={order} isStale={error !== null} />;
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <Frame title={`Order ${shortNumber(id)}`} isBusy={!error}>
      {isGone && (
        <div className="card frame-empty">
          <p>This order does not exist, or it belongs to another account.</p>
          <Link className="button" to="/orders">
            Show my orders
          </Link>
        </div>
      )}
      {error && !isGone && (
        <div className="card">
          <Failure error={error} say={sayShopFailure} onRetry={() => void refetch()} />
        </div>
      )}
      {!error && <span className="skeleton order-skeleton" />}
    </Frame>
  );
}

function Known({ order, isStale }: { order: Order; isStale: boolean }) {
  const { data: moves = [] } = useQuery(historyQuery(order));
  const words = order.isCancelling ? 'Being cancelled' : stateNames[order.state];
  return (
    <Frame
      title={`Order ${shortNumber(order.id)}`}
      actions={
        <>
          <a className="button" href={`/session/api/orders/${order.id}/history`} target="_blank" rel="noopener">
            <Icon name="print" />
            Print the history
          </a>
          <CancelButton order={order} />
        </>
      }
    >
      {isStale && <Notice>The order does not answer right now. What you see is from before.</Notice>}
      <section className="card card-body" aria-label="Progress">
        <div className="order-head">
          <p className="order-state" role="status">
            <strong>{words}.</strong> {sayState(order)}
          </p>
          <p className="order-when">Placed {formatMoment(order.placedAt)}</p>
        </div>
        <ProgressDrawing order={order} moves={moves} />
      </section>
      <div className="order-columns">
        <OrderItems order={order} />
        <OrderFacts order={order} moves={moves} />
      </div>
      <OrderHistory moves={moves} />
    </Frame>
  );
}
