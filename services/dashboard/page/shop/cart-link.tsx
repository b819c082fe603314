import { Icon } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import { countOf } from './cart.ts';
import { useCart } from './use-cart.ts';

/** The way to the cart, with how much is in it. */
export function CartLink() {
  const count = countOf(useCart());
  return (
    <Link
      to="/cart"
      className="button bare square"
      label={count === 0 ? 'Cart, empty' : `Cart, ${count} ${count === 1 ? 'item' : 'items'}`}
    >
      <Icon name="cart" />
      {count > 0 && (
        <span className="header-count" aria-hidden="true">
          {count > 99 ? '99+' : count}
        </span>
      )}
    </Link>
  );
}
