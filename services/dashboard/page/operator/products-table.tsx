import { useInfiniteQuery } from '@tanstack/react-query';
import { productsQuery } from '../api/shop-queries.ts';
import type { Product } from '../api/shop-types.ts';
import { ProductPicture } from '../shop/product-picture.tsx';
import { stockWords } from '../shop/stock-words.ts';
import { formatMoney } from '../text/money.ts';
import { formatCount } from '../text/number.ts';
import { useQueryPart } from '../ui/address.ts';
import { Icon } from '../ui/icon.tsx';
import { Failure, sayShopFailure } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { ShowMore } from '../view/show-more.tsx';
import { ProductDialog } from './product-dialog.tsx';
import '../shop/stock.css';

/** Every product, the retired ones too. Which one is edited is in the address. */
export function ProductsTable() {
  const [words, setWords] = useQueryPart('q');
  const [edited, setEdited] = useQueryPart('edit');
  const pages = useInfiniteQuery(productsQuery(words, { isWhole: true }));
  const products = pages.data?.pages.flatMap((page) => page.items);
  return (
    <section className="card operator-table" aria-label="Products" aria-busy={pages.isPending}>
      <div className="card-head">
        <SearchField label="Search products" value={words} onChange={(text) => setWords(text, { replace: true })} />
        <button type="button" className="button main" onClick={() => setEdited('new')}>
          <Icon name="plus" />
          New product
        </button>
      </div>
      {pages.error && !products && (
        <Failure error={pages.error} say={sayShopFailure} onRetry={() => void pages.refetch()} />
      )}
      {pages.isPending && <span className="skeleton operator-skeleton" />}
      {products?.length === 0 && (
        <p className="frame-empty">{words ? `Nothing is called “${words}”.` : 'There are no products yet.'}</p>
      )}
      {products && products.length > 0 && <Table products={products} onEdit={setEdited} />}
      <ShowMore pages={pages} className="operator-more" />
      {edited && <ProductDialog key={edited} id={edited} onClose={() => setEdited('')} />}
    </section>
  );
}

function Table({ products, onEdit }: { products: readonly Product[]; onEdit(id: string): void }) {
  return (
    <table className="operator-products">
      <thead>
        <tr>
          <th scope="col">Product</th>
          <th scope="col" className="operator-number">
            Price
          </th>
          <th scope="col" className="operator-number">
            Stock
          </th>
          <th scope="col">State</th>
          <th scope="col">
            <span className="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {products.map((product) => (
          <tr key={product.id}>
            <th scope="row">
              <span className="operator-product">
                <ProductPicture product={product} />
                <span title={product.name}>{product.name}</span>
              </span>
            </th>
            <td className="operator-number">{formatMoney(product.price)}</td>
            <td className={`operator-number product-stock ${stockWords(product).tone}`}>
              {formatCount(product.available)}
              <span className="operator-unit"> in stock</span>
            </td>
            <td>
              <span className={`chip-state ${product.isActive ? 'good' : ''}`}>
                {product.isActive ? 'Sold' : 'Retired'}
              </span>
            </td>
            <td>
              <button
                type="button"
                className="button small"
                aria-label={`Edit ${product.name}`}
                onClick={() => onEdit(product.id)}
              >
                Edit
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
