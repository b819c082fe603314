import { useQuery } from '@tanstack/react-query';
import { recommendationsQuery } from '../api/shop-queries.ts';
import { ProductCard, ProductSkeletons } from './product-card.tsx';

const reasons = { 'bought-together': 'Goes with what you bought', popular: 'Popular', new: 'New' } as const;

/** What this person may like; its place is kept until it is known. Not there when nobody knows. */
export function Recommendations() {
  const { data, isPending } = useQuery(recommendationsQuery);
  if (!isPending && !data?.items.length) return null;
  return (
    <section aria-labelledby="recommended">
      <h2 id="recommended" className="shop-part">
        For you
      </h2>
      <ul className="products" aria-label="Recommended">
        {isPending && <ProductSkeletons count={4} />}
        {data?.items.map(({ product, reason }) => (
          <li key={product.id}>
            <ProductCard product={product} note={reasons[reason]} />
          </li>
        ))}
      </ul>
      <h2 className="shop-part">Everything</h2>
    </section>
  );
}
