import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, shopAddress } from '../api/client.ts';
import type { Product } from '../api/shop-types.ts';
import { versionToChange } from './product-change.ts';

/** How a product is made or changed. What comes in while somebody writes leaves the form as it is: `loaded` is what it shows. */
export function useSavingProduct(product: Product | undefined, onSaved: () => void) {
  const [loaded, setLoaded] = useState(product);
  // Sent twice, a new product is made once.
  const [key] = useState(() => crypto.randomUUID());
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (body: Record<string, unknown>) =>
      loaded
        ? call<Product>(shopAddress(`/products/${loaded.id}`), {
            method: 'PATCH',
            body,
            headers: { 'if-match': `"${versionToChange(loaded, product)}"` },
          })
        : call<Product>(shopAddress('/products'), { body, headers: { 'idempotency-key': key } }),
    onSuccess: (saved) => {
      client.setQueryData(['product', saved.id], saved);
      void client.invalidateQueries({ queryKey: ['products'] });
      setLoaded(saved);
      onSaved();
    },
  });
  const reload = async (): Promise<void> => {
    if (!loaded) return;
    const fresh = await call<Product>(shopAddress(`/products/${loaded.id}`)).catch(() => undefined);
    if (!fresh) return;
    client.setQueryData(['product', fresh.id], fresh);
    save.reset();
    setLoaded(fresh);
  };
  return { loaded, save, reload };
}
