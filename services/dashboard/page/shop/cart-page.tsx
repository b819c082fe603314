import { useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError } from '../api/client.ts';
import { userQuery } from '../api/queries.ts';
import { productQuery } from '../api/shop-queries.ts';
import type { Product } from '../api/shop-types.ts';
import { Link } from '../ui/link.tsx';
import { Frame, LoginCard } from '../view/frame.tsx';
import type { CartLine } from './cart.ts';
import { renewCart } from './cart.ts';
import { CartLines } from './cart-lines.tsx';
import { Checkout } from './checkout.tsx';
import { changeCart, useCart } from './use-cart.ts';
import './cart.css';

/** What is in the cart, and the way to an order. */
export function CartPage() {
  const { data: user } = useQuery(userQuery);
  const cart = useCart();
  const products = useProducts(cart.lines);
  const [refused, setRefused] = useState<{ lines: readonly CartLine[]; faults: Record<number, string> }>();
  // What was said of the lines is about these lines: once they change it is not so any more.
  const lineFaults = refused?.lines === cart.lines ? refused.faults : {};
  if (cart.lines.length === 0) {
    return (
      <Frame title="Cart">
        <div className="card frame-empty">
          <p>Your cart is empty.</p>
          <Link className="button main" to="/shop">
            Go to the shop
          </Link>
        </div>
      </Frame>
    );
  }
  return (
    <Frame title="Cart">
      <div className="checkout">
        <CartLines cart={cart} products={products} faults={lineFaults} />
        {user && (
          <Checkout user={user} cart={cart} onLineFaults={(faults) => setRefused({ lines: cart.lines, faults })} />
        )}
        {user === null && <LoginCard why="Log in to order. Your cart stays as it is." />}
      </div>
    </Frame>
  );
}

/** The products of these lines as they are now: `null` for what is not there any more. Renews what the cart says of them. */
function useProducts(lines: readonly CartLine[]): Map<string, Product | null> {
  const results = useQueries({ queries: lines.map(({ productId }) => productQuery(productId)) });
  const products = new Map<string, Product | null>();
  for (const [index, { data, error }] of results.entries()) {
    const id = lines[index]?.productId ?? '';
    if (data) products.set(id, data);
    else if (error instanceof ApiError && error.status === 404) products.set(id, null);
  }
  const known = [...products.values()].filter((product) => product !== null);
  const facts = JSON.stringify(known.map(({ id, name, price }) => ({ id, name, price })));
  useEffect(() => {
    changeCart((cart) => renewCart(cart, JSON.parse(facts) as Pick<Product, 'id' | 'name' | 'price'>[]));
  }, [facts]);
  return products;
}
