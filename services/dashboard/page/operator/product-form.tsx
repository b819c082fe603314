import type { FormEvent } from 'react';
import { useState } from 'react';
import type { Product } from '../api/shop-types.ts';
import { sortFaults } from '../text/faults.ts';
import { writeAmount } from '../text/money.ts';
import { Field, FieldFrame } from '../ui/field.tsx';
import { pointersOf, Refusal } from '../ui/refusal.tsx';
import type { ProductFaults } from './product-change.ts';
import { readProductForm } from './product-change.ts';
import { useSavingProduct } from './use-saving-product.ts';

const places = { name: '/name', description: '/description', price: '/price', stock: '/stock' } as const;
const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'JPY'];
const stale = 'Somebody changed this product meanwhile. Load it again, then make your change.';

interface ProductFormProps {
  product?: Product;
  onSaved(): void;
}

/** Makes a product, or changes one: what somebody else changed meanwhile is not overwritten. */
export function ProductForm({ product, onSaved }: ProductFormProps) {
  const { loaded, save, reload } = useSavingProduct(product, onSaved);
  const [ownFaults, setOwnFaults] = useState<ProductFaults>({});
  const faults = sortFaults(pointersOf(save.error), places);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const read = readProductForm(new FormData(event.currentTarget), loaded);
    setOwnFaults('faults' in read ? read.faults : {});
    if ('body' in read) save.mutate(read.body);
    else save.reset();
  };
  const fields = { ...faults.fields, ...ownFaults };
  return (
    <form key={loaded?.version} className="form" aria-label="Product" onSubmit={submit} noValidate>
      <Fields loaded={loaded} fields={fields} />
      <Refusal error={save.error} faults={faults} stale={stale} onReload={() => void reload()} />
      <div className="form-actions">
        <button type="submit" className="button main" disabled={save.isPending}>
          {loaded ? 'Save' : 'Create product'}
        </button>
        <p role="status">{save.isSuccess && loaded && 'Saved.'}</p>
      </div>
    </form>
  );
}

interface FieldsProps {
  loaded: Product | undefined;
  fields: Partial<Record<keyof typeof places, string>>;
}

function Fields({ loaded, fields }: FieldsProps) {
  return (
    <>
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
          label={loaded ? `Price in ${loaded.price.currency}` : 'Price'}
          name="price"
          inputMode="decimal"
          autoComplete="off"
          maxLength={14}
          defaultValue={loaded && writeAmount(loaded.price)}
          fault={fields.price}
        />
        {!loaded && <NewFields fault={fields.stock} />}
      </div>
      {loaded && (
        <label className="operator-check">
          <input type="checkbox" name="isActive" defaultChecked={loaded.isActive} />
          Sold in the shop
        </label>
      )}
    </>
  );
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
