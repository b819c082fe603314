import { useQuery } from '@tanstack/react-query';
import { shopFiguresQuery } from '../api/shop-queries.ts';
import type { ShopFigures } from '../api/shop-types.ts';
import { formatMoney } from '../text/money.ts';
import { formatCount } from '../text/number.ts';
import { everyDay } from './shop-days.ts';

const days = 7;

/** Orders and revenue of a week. Not there where analytics does not know the shop. */
export function ShopFiguresPanel() {
  const { data } = useQuery(shopFiguresQuery(days));
  if (!data) return null;
  const { orders, revenue } = data;
  return (
    <section className="card shop-figures" aria-label={`Shop, last ${days} days`}>
      <dl>
        <Figure name="Revenue" value={revenue.map(formatMoney).join(' + ') || '–'} />
        <Figure name="Orders placed" value={formatCount(orders.placed)} />
        <Figure name="Confirmed" value={formatCount(orders.confirmed)} />
        <Figure name="Rejected" value={formatCount(orders.rejected)} />
        <Figure name="Cancelled" value={formatCount(orders.cancelled)} />
      </dl>
      <Bars days={everyDay(data)} />
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const barWidth = 10;
const height = 40;

/** Orders over the week; each bar says its figures. */
function Bars({ days: bars }: { days: ShopFigures['series'] }) {
  const most = Math.max(1, ...bars.map(({ placed }) => placed));
  return (
    <svg
      className="shop-bars"
      viewBox={`0 0 ${bars.length * barWidth} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Orders placed, last ${days} days`}
    >
      {bars.map(({ at, placed, confirmed }, index) => {
        const size = Math.max(1, (placed / most) * height);
        return (
          <rect key={at} x={index * barWidth + 1} y={height - size} width={barWidth - 2} height={size}>
            <title>{`${at.slice(0, 10)}: ${placed} placed, ${confirmed} confirmed`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
