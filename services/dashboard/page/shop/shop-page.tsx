import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { userQuery } from '../api/queries.ts';
import { productsQuery } from '../api/shop-queries.ts';
import { useQueryPart } from '../ui/address.ts';
import { Failure, sayShopFailure } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Frame } from '../view/frame.tsx';
import { ShowMore } from '../view/show-more.tsx';
import { ProductCard, ProductSkeletons } from './product-card.tsx';
import { Recommendations } from './recommendations.tsx';
import './shop.css';

/** What is sold. Everybody may look; what is searched for is in the address. */
export function ShopPage() {
  const [words, setWords] = useQueryPart('q');
  const { data: user } = useQuery(userQuery);
  const pages = useInfiniteQuery(productsQuery(words));
  const products = pages.data?.pages.flatMap((page) => page.items);
  return (
    <Frame
      title="Shop"
      isBusy={pages.isPending}
      actions={
        <SearchField label="Search products" value={words} onChange={(text) => setWords(text, { replace: true })} />
      }
    >
      {user && words === '' && <Recommendations />}
      <p className="unseen" role="status">
        {products && !pages.isPlaceholderData
          ? `${products.length}${pages.hasNextPage ? ' or more' : ''} products`
          : ''}
      </p>
      {pages.error && !products && (
        <div className="card">
          <Failure error={pages.error} say={sayShopFailure} onRetry={() => void pages.refetch()} />
        </div>
      )}
      {products?.length === 0 && (
        <div className="card frame-empty">
          <p>{words ? `Nothing is called “${words}”.` : 'There is nothing to buy yet.'}</p>
          {words && (
            <button type="button" className="button" onClick={() => setWords('')}>
              Show everything
            </button>
          )}
        </div>
      )}
      <ul className={pages.isPlaceholderData ? 'products stale' : 'products'} aria-label="Products">
        {products?.map((product) => (
          <li key={product.id}>
            <ProductCard product={product} />
          </li>
        ))}
        {pages.isPending && <ProductSkeletons count={8} />}
      </ul>
      <ShowMore pages={pages} className="frame-more" />
    </Frame>
  );
}
