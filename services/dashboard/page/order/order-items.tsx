import { useQueries } from '@tanstack/react-query';
import { productQuery } from '../api/shop-queries.ts';
import type { Order } from '../api/shop-types.ts';
import { shortageOf } from '../shop/cart.ts';
import { formatMoney } from '../text/money.ts';

const maxAsked = 50;

/** What was ordered. Of an order that failed for want of stock, the lines that are short. */
export function OrderItems({ order }: { order: Order }) {
  const isShort = order.reason === 'out-of-stock';
  const asked = isShort ? order.items.slice(0, maxAsked) : [];
  const products = useQueries({ queries: asked.map(({ productId }) => productQuery(productId)) });
  return (
    <section className="card order-items" aria-label="Items">
      <table>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col" className="order-price">
              Price
            </th>
            <th scope="col">Quantity</th>
            <th scope="col">Sum</th>
          </tr>
        </thead>
        <tbody>
          {order.items.map((item, index) => {
            const shortage = shortageOf(item, products[index]?.data);
            return (
              <tr key={item.productId} className={shortage ? 'short' : undefined}>
                <th scope="row">
                  {item.name}
                  {shortage && <span className="form-fault"> {shortage}</span>}
                </th>
                <td className="order-price">{formatMoney(item.unitPrice)}</td>
                <td>{item.quantity}</td>
                <td>{formatMoney({ ...item.unitPrice, amountMinor: item.unitPrice.amountMinor * item.quantity })}</td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Total</th>
            <td className="order-price" />
            <td />
            <td>{formatMoney(order.total)}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
