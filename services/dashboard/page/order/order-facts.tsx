import { useQuery } from '@tanstack/react-query';
import { paymentQuery } from '../api/shop-queries.ts';
import type { Order, OrderMove, Payment } from '../api/shop-types.ts';
import { nameCountry } from '../text/countries.ts';
import { formatMoney } from '../text/money.ts';

const paymentWords: Record<Payment['state'], string> = {
  pending: 'Being charged',
  captured: 'Paid',
  declined: 'Declined',
  failed: 'Failed',
  refunding: 'Going back',
  refunded: 'Paid back',
  parked: 'Being looked at',
};

/** Who gets it, and what was paid. */
export function OrderFacts({ order, moves }: { order: Order; moves: readonly OrderMove[] }) {
  // There is a payment only once somebody was asked for it.
  const isAsked = ['paid', 'confirmed', 'shipped', 'delivered'].includes(order.state) || wasPaid(order, moves);
  const { data: payment } = useQuery({ ...paymentQuery(order), enabled: isAsked });
  return (
    <section className="card card-body order-facts" aria-label="Delivery and payment">
      <h2>Payment</h2>
      {payment ? (
        <dl>
          <dt>State</dt>
          <dd>{paymentWords[payment.state] ?? payment.state}</dd>
          <dt>Charged</dt>
          <dd>{formatMoney(payment.captured)}</dd>
          {payment.refunded.amountMinor > 0 && (
            <>
              <dt>Paid back</dt>
              <dd>{formatMoney(payment.refunded)}</dd>
            </>
          )}
        </dl>
      ) : (
        <p className="order-soft">Nothing was charged{isAsked ? ' yet' : ''}.</p>
      )}
      <h2>Delivery</h2>
      <Address address={order.address} />
    </section>
  );
}

const wasPaid = (order: Order, moves: readonly OrderMove[]): boolean =>
  order.reason === 'payment-declined' || moves.some(({ to }) => to === 'paid');

function Address({ address }: { address: Order['address'] }) {
  if (address === null) return <p className="order-soft">The address was erased.</p>;
  if (typeof address === 'string') return <address>{address}</address>;
  const { name, street, postalCode, city, region, country } = address;
  const lines = [name, street, `${postalCode} ${city}`, region, nameCountry(country)].filter(Boolean);
  return <address>{lines.join('\n')}</address>;
}
