import { useState } from 'react';
import type { Product } from '../api/shop-types.ts';
import './product-picture.css';

/** The picture of a product; without one a drawing that is always the same for it. */
export function ProductPicture({ product }: { product: Pick<Product, 'id' | 'name' | 'imageUrl'> }) {
  const [lost, setLost] = useState<string | null>(null);
  if (product.imageUrl && product.imageUrl !== lost) {
    const { imageUrl } = product;
    return <img className="product-picture" src={imageUrl} alt="" loading="lazy" onError={() => setLost(imageUrl)} />;
  }
  const seed = seedOf(product.id);
  const at = (shift: number, range: number): number => (seed >>> shift) % range;
  return (
    <svg
      className={`product-picture drawn tone-${seed % 5}`}
      viewBox="0 0 160 120"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      <circle cx={30 + at(3, 100)} cy={20 + at(7, 40)} r={18 + at(11, 26)} />
      <path d={`M0 ${70 + at(5, 20)}q40 ${-30 - at(9, 20)} 80 0t80 0V120H0z`} />
      <path d={`M0 ${92 + at(13, 14)}q40 ${18 + at(2, 14)} 80 0t80 0V120H0z`} />
    </svg>
  );
}

/** A number that depends on the text alone (FNV-1a). */
function seedOf(text: string): number {
  let mixed = 0x811c9dc5;
  for (const character of text) mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return mixed >>> 1;
}
