import { useEffect, useState } from 'react';
import type { Product } from '../api/shop-types.ts';
import { formatMoney } from '../text/money.ts';
import { Icon } from '../ui/icon.tsx';
import { addToCart, maxLines } from './cart.ts';
import { ProductPicture } from './product-picture.tsx';
import { stockWords } from './stock-words.ts';
import { changeCart, useCart } from './use-cart.ts';
import './stock.css';

const saidMs = 2_000;

export function ProductCard({ product, note }: { product: Product; note?: string }) {
  const { words, tone } = stockWords(product);
  return (
    <article className="card product">
      <ProductPicture product={product} />
      <div className="product-body">
        {note && <p className="product-note">{note}</p>}
        <h2 title={product.name}>{product.name}</h2>
        {product.description && <p className="product-description">{product.description}</p>}
        <p className={`product-stock ${tone}`}>{words}</p>
        <div className="product-foot">
          <strong>{formatMoney(product.price)}</strong>
          <AddButton product={product} />
        </div>
      </div>
    </article>
  );
}

function AddButton({ product }: { product: Product }) {
  const cart = useCart();
  const [isSaid, setSaid] = useState(false);
  useEffect(() => {
    if (!isSaid) return;
    const timer = setTimeout(() => setSaid(false), saidMs);
    return () => clearTimeout(timer);
  }, [isSaid]);
  const isFull = cart.lines.length >= maxLines && !cart.lines.some((line) => line.productId === product.id);
  return (
    <button
      type="button"
      className="button main"
      disabled={product.available === 0 || isFull}
      title={isFull ? 'The cart is full' : undefined}
      aria-label={`Add ${product.name} to the cart`}
      onClick={() => {
        changeCart((now) => addToCart(now, product));
        setSaid(true);
      }}
    >
      <Icon name={isSaid ? 'check' : 'plus'} />
      <span aria-live="polite">{isSaid ? 'Added' : 'Add'}</span>
    </button>
  );
}

/** In the place of cards that are on their way. */
export function ProductSkeletons({ count }: { count: number }) {
  return Array.from({ length: count }, (_, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity.
    <li key={index} aria-hidden="true">
      <div className="card product">
        <span className="skeleton product-picture" />
        <div className="product-body">
          <span className="skeleton product-line" />
          <span className="skeleton product-line short" />
        </div>
      </div>
    </li>
  ));
}
