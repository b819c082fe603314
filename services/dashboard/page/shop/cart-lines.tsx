import type { Product } from '../api/shop-types.ts';
import { formatMoney } from '../text/money.ts';
import { Icon } from '../ui/icon.tsx';
import type { Cart, CartLine } from './cart.ts';
import { cartTotal, linePrice, maxQuantity, setQuantity, shortageOf } from './cart.ts';
import { ProductPicture } from './product-picture.tsx';
import { changeCart } from './use-cart.ts';

interface CartLinesProps {
  cart: Cart;
  products: Map<string, Product | null>;
  /** What the server said against lines, by their number. */
  faults: Record<number, string>;
}

export function CartLines({ cart, products, faults }: CartLinesProps) {
  const totals = cartTotal(cart).map(formatMoney).join(' + ');
  return (
    <section className="card cart" aria-label="Cart">
      <ul>
        {cart.lines.map((line, index) => (
          <Line key={line.productId} line={line} product={products.get(line.productId)} fault={faults[index]} />
        ))}
      </ul>
      <p className="cart-total" aria-live="polite">
        <span>Total</span>
        <strong>{totals}</strong>
      </p>
    </section>
  );
}

function Line({
  line,
  product,
  fault,
}: {
  line: CartLine;
  product: Product | null | undefined;
  fault: string | undefined;
}) {
  const { productId, name, quantity, unitPrice } = line;
  const change = (next: number): void => changeCart((cart) => setQuantity(cart, productId, next));
  const trouble = shortageOf(line, product) ?? fault;
  return (
    <li className={trouble ? 'cart-line short' : 'cart-line'}>
      <ProductPicture product={{ id: productId, name, imageUrl: product?.imageUrl ?? null }} />
      <div className="cart-words">
        <h2>{name}</h2>
        <p>{formatMoney(unitPrice)} each</p>
        {trouble && <p className="form-fault">{trouble}</p>}
      </div>
      <div className="cart-quantity">
        <button
          type="button"
          className="button square"
          aria-label={quantity === 1 ? `Remove ${name}` : `One less of ${name}`}
          onClick={() => change(quantity - 1)}
        >
          <Icon name={quantity === 1 ? 'close' : 'minus'} />
        </button>
        <input
          key={quantity}
          type="text"
          inputMode="numeric"
          aria-label={`Quantity of ${name}`}
          maxLength={4}
          defaultValue={quantity}
          onBlur={(event) => {
            const next = Number(event.target.value);
            if (Number.isInteger(next) && next > 0) change(next);
            else event.target.value = String(quantity);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur();
          }}
        />
        <button
          type="button"
          className="button square"
          aria-label={`One more of ${name}`}
          disabled={quantity >= maxQuantity}
          onClick={() => change(quantity + 1)}
        >
          <Icon name="plus" />
        </button>
      </div>
      <strong className="cart-price">{formatMoney(linePrice(line))}</strong>
    </li>
  );
}
