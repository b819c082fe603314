import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { ApiError, call, shopAddress } from '../api/client.ts';
import type { Product } from '../api/shop-types.ts';
import { sortFaults } from '../text/faults.ts';
import { readAmount, writeAmount } from '../text/money.ts';
import { Field, FieldFrame } from '../ui/field.tsx';
import { sayShopFailure } from '../ui/notice.tsx';
import { versionToChange } from './product-version.ts';

const places = { name: '/name', description: '/description', price: '/price', stock: '/stock' } as const;
const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'JPY'];

interface ProductFormProps {
  product?: Product;
  onSaved(): void;
}

/** Makes a product, or changes the version of it that was loaded: what somebody else changed meanwhile is not overwritten. */
export function ProductForm({ product, onSaved }: ProductFormProps) {
  // Figures that come in while somebody writes leave the form, and its version, as they are.
  const [loaded, setLoaded] = useState(product);
  const [key] = useState(() => crypto.randomUUID());
  const [priceFault, setPriceFault] = useState<string | undefined>();
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
  const error = save.error;
  const { fields, rest } = sortFaults(error instanceof ApiError ? error.pointers : {}, places);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const body = readForm(new FormData(event.currentTarget), loaded);
    setPriceFault(typeof body === 'string' ? body : undefined);
    if (typeof body !== 'string') save.mutate(body);
  };
  const isKnown = loaded !== undefined;
  return (
    <form key={loaded?.version} className="form" aria-label="Product" onSubmit={submit} noValidate>
      <Field
        label="Name"
        name="name"
        maxLength={200}
        defaultValue={loaded?.name}
        fault={fields.name}
        autoComplete="off"
      />
      <FieldFrame label="Description" fault={fields.description} isOptional>
        {(props) => (
          <textarea {...props} name="description" maxLength={2_000} defaultValue={loaded?.description ?? ''} />
        )}
      </FieldFrame>
      <div className="form-row">
        <Field
          label={isKnown ? `Price in ${loaded.price.currency}` : 'Price'}
          name="price"
          inputMode="decimal"
          autoComplete="off"
          maxLength={14}
          defaultValue={loaded && writeAmount(loaded.price)}
          fault={priceFault ?? fields.price}
        />
        {!isKnown && <NewFields fault={fields.stock} />}
      </div>
      {isKnown && (
        <label className="operator-check">
          <input type="checkbox" name="isActive" defaultChecked={loaded.isActive} />
          Sold in the shop
        </label>
      )}
      <Refusal error={error} rest={rest} isSaid={Object.keys(fields).length > 0} onReload={() => void reload()} />
      <div className="form-actions">
        <button type="submit" className="button main" disabled={save.isPending}>
          {isKnown ? 'Save' : 'Create product'}
        </button>
        <p role="status">{save.isSuccess && isKnown && 'Saved.'}</p>
      </div>
    </form>
  );

  async function reload(): Promise<void> {
    if (!loaded) return;
    const fresh = await call<Product>(shopAddress(`/products/${loaded.id}`));
    client.setQueryData(['product', fresh.id], fresh);
    save.reset();
    setLoaded(fresh);
  }
}

/** What is sent, or what is wrong with the price. */
function readForm(given: FormData, loaded: Product | undefined): Record<string, unknown> | string {
  const text = (name: string): string => String(given.get(name) ?? '').trim();
  const currency = loaded?.price.currency ?? text('currency');
  const amountMinor = readAmount(text('price'), currency);
  if (amountMinor === undefined) return `Write an amount in ${currency}, such as 12.50.`;
  const description = text('description');
  // An empty description stays away from a new product; from a known one it is taken.
  const words = { name: text('name'), ...((description || loaded?.description) && { description }) };
  const body = { ...words, price: { amountMinor, currency } };
  return loaded ? { ...body, isActive: given.has('isActive') } : { ...body, stock: Number(text('stock') || 0) };
}

function NewFields({ fault }: { fault: string | undefined }) {
  return (
    <>
      <FieldFrame label="Currency">
        {(props) => (
          <select {...props} name="currency">
            {currencies.map((currency) => (
              <option key={currency}>{currency}</option>
            ))}
          </select>
        )}
      </FieldFrame>
      <Field
        label="Stock"
        name="stock"
        inputMode="numeric"
        autoComplete="off"
        defaultValue="0"
        maxLength={7}
        fault={fault}
      />
    </>
  );
}

interface RefusalProps {
  error: unknown;
  rest: readonly string[];
  /** Is everything that is wrong said beside a field? */
  isSaid: boolean;
  onReload(): void;
}

function Refusal({ error, rest, isSaid, onReload }: RefusalProps) {
  if (!error) return null;
  const isStale = error instanceof ApiError && error.status === 412;
  return (
    <div role="alert" className="form-fault">
      {isStale && (
        <>
          <p>Somebody changed this product meanwhile. Load it again, then make your change.</p>
          <button type="button" className="button small" onClick={onReload}>
            Load again
          </button>
        </>
      )}
      {rest.map((words) => (
        <p key={words}>{words}</p>
      ))}
      {!isStale && !isSaid && rest.length === 0 && <p>{sayShopFailure(error)}</p>}
    </div>
  );
}
