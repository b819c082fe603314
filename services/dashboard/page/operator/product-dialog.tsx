import { useQuery, useQueryClient } from '@tanstack/react-query';
import { productQuery } from '../api/shop-queries.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Failure, sayShopFailure } from '../ui/notice.tsx';
import { PictureForm } from './picture-form.tsx';
import { ProductForm } from './product-form.tsx';
import { StockForm } from './stock-form.tsx';

const pictureMs = 2_000;

/** One product, or a new one. */
export function ProductDialog({ id, onClose }: { id: string; onClose(): void }) {
  if (id === 'new') {
    return (
      <Dialog title="New product" onClose={onClose}>
        <ProductForm onSaved={onClose} />
      </Dialog>
    );
  }
  return <Known id={id} onClose={onClose} />;
}

function Known({ id, onClose }: { id: string; onClose(): void }) {
  const client = useQueryClient();
  // A picture that was sent comes up by itself, once it was looked at.
  const { data: product, error, refetch } = useQuery({ ...productQuery(id), refetchInterval: pictureMs });
  const changed = (): void => {
    for (const key of [['products'], ['product', id]]) void client.invalidateQueries({ queryKey: key });
  };
  return (
    <Dialog title={product?.name ?? 'Product'} onClose={onClose}>
      {error && !product && <Failure error={error} say={sayShopFailure} onRetry={() => void refetch()} />}
      {!product && !error && <span className="skeleton operator-skeleton" />}
      {product && (
        <div className="operator-parts">
          <ProductForm product={product} onSaved={changed} />
          <StockForm product={product} onSaved={changed} />
          <PictureForm product={product} onSent={changed} />
        </div>
      )}
    </Dialog>
  );
}
