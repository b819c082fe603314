import { useInfiniteQuery } from '@tanstack/react-query';
import { attentionQuery } from '../api/shop-queries.ts';
import { formatMoney } from '../text/money.ts';
import { formatMoment } from '../text/time.ts';
import { Failure, sayShopFailure } from '../ui/notice.tsx';
import { ShowMore } from '../view/show-more.tsx';

/** Payments that do not go on by themselves. */
export function AttentionTable() {
  const pages = useInfiniteQuery(attentionQuery());
  const payments = pages.data?.pages.flatMap((page) => page.items);
  return (
    <section className="card operator-table" aria-label="Payments that need attention" aria-busy={pages.isPending}>
      {pages.error && !payments && (
        <Failure error={pages.error} say={sayShopFailure} onRetry={() => void pages.refetch()} />
      )}
      {pages.isPending && <span className="skeleton operator-skeleton" />}
      {payments?.length === 0 && <p className="frame-empty">No payment needs attention.</p>}
      {payments && payments.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Payment</th>
              <th scope="col">Order</th>
              <th scope="col">Amount</th>
              <th scope="col">Why</th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {payments.map((payment) => (
              <tr key={payment.id}>
                <th scope="row">
                  <code>{payment.id}</code>
                </th>
                <td>
                  <code>{payment.orderId}</code>
                </td>
                <td>{formatMoney(payment.total)}</td>
                <td>{payment.reason.replaceAll('-', ' ')}</td>
                <td>{formatMoment(payment.since)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <ShowMore pages={pages} className="operator-more" />
    </section>
  );
}
