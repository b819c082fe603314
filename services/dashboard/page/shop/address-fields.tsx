import { useState } from 'react';
import { countries, homeCountry } from '../text/countries.ts';
import { Field, FieldFrame } from '../ui/field.tsx';
import type { CheckoutField } from './place-order.ts';
import { cards } from './place-order.ts';

interface AddressFieldsProps {
  name: string;
  faults: Partial<Record<CheckoutField, string>>;
}

export function AddressFields({ name, faults }: AddressFieldsProps) {
  const [options] = useState(countries);
  return (
    <fieldset className="checkout-part">
      <legend>Deliver to</legend>
      <Field
        label="Name"
        name="name"
        autoComplete="name"
        maxLength={200}
        defaultValue={name}
        fault={faults.name}
        isOptional
      />
      <Field label="Street" name="street" autoComplete="street-address" maxLength={200} fault={faults.street} />
      <div className="form-row">
        <Field
          label="Postal code"
          name="postalCode"
          autoComplete="postal-code"
          maxLength={20}
          fault={faults.postalCode}
        />
        <Field label="City" name="city" autoComplete="address-level2" maxLength={100} fault={faults.city} />
      </div>
      <div className="form-row">
        <FieldFrame label="Country" fault={faults.country}>
          {(props) => (
            <select {...props} name="country" autoComplete="country" defaultValue={homeCountry(navigator.languages)}>
              {options.map((option) => (
                <option key={option.code} value={option.code}>
                  {option.name}
                </option>
              ))}
            </select>
          )}
        </FieldFrame>
        <Field
          label="Region"
          name="region"
          autoComplete="address-level1"
          maxLength={100}
          fault={faults.region}
          isOptional
        />
      </div>
    </fieldset>
  );
}

/** The provider's test cards: each shows another end of a payment. */
export function CardChoice({ fault }: { fault: string | undefined }) {
  return (
    <fieldset className="checkout-part cards" aria-describedby={fault ? 'card-fault' : undefined}>
      <legend>Pay with a test card</legend>
      {cards.map(({ token, words }, index) => (
        <label key={token} className="card-choice">
          <input type="radio" name="card" value={token} defaultChecked={index === 0} />
          <span>{words}</span>
        </label>
      ))}
      {fault && (
        <p id="card-fault" className="form-fault">
          {fault}
        </p>
      )}
    </fieldset>
  );
}
