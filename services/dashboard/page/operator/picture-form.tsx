import { useState } from 'react';
import { shopAddress } from '../api/client.ts';
import type { Product } from '../api/shop-types.ts';
import { ProductPicture } from '../shop/product-picture.tsx';
import { PictureUpload } from '../ui/picture-upload.tsx';
import { useNow } from '../ui/use-now.ts';

const patienceMs = 15_000;
const beatMs = 1_000;

/** The picture of a product. What was sent is looked at first: it comes up, or it never does, and then that is said. */
export function PictureForm({ product, onSent }: { product: Product; onSent(): void }) {
  const [sent, setSent] = useState<{ atMs: number; before: string | null }>();
  const nowMs = useNow(beatMs);
  const here = objectOf(product.imageUrl);
  const isUp = sent !== undefined && here !== null && here !== sent.before;
  const isLate = sent !== undefined && !isUp && nowMs - sent.atMs > patienceMs;
  return (
    <section aria-label="Picture" className="operator-picture">
      <ProductPicture product={product} />
      <div>
        <PictureUpload
          label={product.imageUrl ? 'Change the picture' : 'Choose a picture'}
          address={shopAddress(`/products/${product.id}/image`)}
          hint="PNG, JPEG or WebP, at most 5 MB."
          sent={isUp ? 'This is the picture now.' : isLate ? '' : 'Sent. It comes up here once it was looked at.'}
          onSent={() => {
            setSent({ atMs: Date.now(), before: here });
            onSent();
          }}
        />
        <p role="status" className="form-fault">
          {isLate &&
            'It has not come up. A file that is no PNG, JPEG or WebP inside, or has too many pixels, is refused: try another one.'}
        </p>
      </div>
    </section>
  );
}

/** The object behind an address that is signed anew each time. */
const objectOf = (url: string | null): string | null => (url === null ? null : (url.split('?')[0] ?? null));
