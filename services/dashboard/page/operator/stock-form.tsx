import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useRef } from 'react';
import { ApiError, call, shopAddress } from '../api/client.ts';
import type { Product } from '../api/shop-types.ts';
import { formatCount } from '../text/number.ts';
import { Field } from '../ui/field.tsx';
import { sayShopFailure } from '../ui/notice.tsx';

/** Adds to the stock: what comes in, not how much there is. Sent twice it is added once. */
export function StockForm({ product, onSaved }: { product: Product; onSaved(): void }) {
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const key = useRef(crypto.randomUUID());
  const add = useMutation({
    mutationFn: (quantity: number) =>
      call<Product>(shopAddress(`/products/${product.id}/stock`), {
        body: { quantity },
        headers: { 'idempotency-key': key.current },
      }),
    onSuccess: (saved) => {
      key.current = crypto.randomUUID();
      client.setQueryData(['product', saved.id], saved);
      form.current?.reset();
      onSaved();
    },
    onError: (error) => {
      // Refused: the next attempt is another one. Without an answer it is the same.
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) key.current = crypto.randomUUID();
    },
  });
  const { error } = add;
  const fault = error instanceof ApiError ? (error.pointers['/quantity'] ?? sayShopFailure(error)) : undefined;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    add.mutate(Number(new FormData(event.currentTarget).get('quantity')));
  };
  return (
    <form ref={form} className="form operator-stock" aria-label="Stock" onSubmit={submit} noValidate>
      <Field
        label="Add to the stock"
        name="quantity"
        inputMode="numeric"
        autoComplete="off"
        maxLength={7}
        hint={`${formatCount(product.available)} can be sold now.`}
        fault={fault}
      />
      <button type="submit" className="button" disabled={add.isPending}>
        Add
      </button>
    </form>
  );
}
