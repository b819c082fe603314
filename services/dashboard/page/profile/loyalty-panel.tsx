import { useInfiniteQuery } from '@tanstack/react-query';
import { loyaltyQuery } from '../api/shop-queries.ts';
import type { LoyaltyEntry } from '../api/shop-types.ts';
import { formatCount } from '../text/number.ts';
import { formatMoment } from '../text/time.ts';
import { Link } from '../ui/link.tsx';
import { Failure, sayShopFailure } from '../ui/notice.tsx';
import { ShowMore } from '../view/show-more.tsx';

const words: Record<LoyaltyEntry['state'], string> = {
  pending: 'Pending',
  granted: 'Granted',
  'taken-back': 'Taken back',
};
const tones: Record<LoyaltyEntry['state'], string> = { pending: 'now', granted: 'good', 'taken-back': '' };

/** Points, and where they came from. */
export function LoyaltyPanel() {
  const pages = useInfiniteQuery(loyaltyQuery());
  const [first] = pages.data?.pages ?? [];
  const entries = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="card card-body" aria-label="Loyalty points">
      <h2>Loyalty points</h2>
      {pages.error && !first && (
        <Failure error={pages.error} say={sayShopFailure} onRetry={() => void pages.refetch()} />
      )}
      {pages.isPending && <span className="skeleton profile-skeleton" />}
      {first && (
        <>
          <dl className="points">
            <div>
              <dt>Granted</dt>
              <dd>{formatCount(first.points)}</dd>
            </div>
            <div>
              <dt>Pending</dt>
              <dd>{formatCount(first.pendingPoints)}</dd>
            </div>
          </dl>
          {entries.length === 0 && <p className="profile-soft">A point for each whole unit of money that you spend.</p>}
          <ul className="point-entries" aria-label="Entries">
            {entries.map((entry) => (
              <li key={entry.orderId}>
                <Link to={`/orders/${entry.orderId}`}>{formatMoment(entry.at)}</Link>
                <span className={`chip-state ${tones[entry.state]}`}>{words[entry.state]}</span>
                <strong>{formatCount(entry.points)}</strong>
              </li>
            ))}
          </ul>
        </>
      )}
      <ShowMore pages={pages} className="small" />
    </section>
  );
}
