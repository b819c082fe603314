import type { OrderMove } from '../api/shop-types.ts';
import { formatMoment } from '../text/time.ts';
import { stateNames } from './progress.ts';

/** Every move of the order, the first one first. */
export function OrderHistory({ moves }: { moves: readonly OrderMove[] }) {
  return (
    <section className="card card-body" aria-label="History">
      <h2>History</h2>
      {moves.length === 0 && <span className="skeleton order-line" />}
      <ol className="timeline">
        {moves.map((move) => (
          <li key={`${move.at} ${move.to} ${move.move}`}>
            <time dateTime={move.at}>{formatMoment(move.at, { withSeconds: true })}</time>
            <span>
              <strong>{nameOf(move.to)}</strong>
              {move.event && <span className="order-soft"> {move.event}</span>}
              {move.note && <span className="order-soft"> · {move.note}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The history also knows the step in which money goes back, which an order itself does not show. */
const nameOf = (state: string): string =>
  state === 'withdrawing' ? 'Being cancelled' : (stateNames[state as keyof typeof stateNames] ?? state);
