import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/client.ts';
import type { Address } from '../api/shop-types.ts';
import type { User } from '../api/types.ts';
import { formatMoney } from '../text/money.ts';
import { go } from '../ui/address.ts';
import { Link } from '../ui/link.tsx';
import { sayShopFailure } from '../ui/notice.tsx';
import { AddressFields, CardChoice } from './address-fields.tsx';
import type { Cart } from './cart.ts';
import { cartTotal } from './cart.ts';
import { mayRepeat, missingIn, placeOrder, readRefusal } from './place-order.ts';
import { clearCart, renewCartKey } from './use-cart.ts';

const maxRepeats = 4;

interface CheckoutProps {
  user: User;
  cart: Cart;
  onLineFaults(faults: Record<number, string>): void;
}

/** Address, card, and the order. */
export function Checkout({ user, cart, onLineFaults }: CheckoutProps) {
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [missing, setMissing] = useState<ReturnType<typeof missingIn>>({});
  const order = useMutation({
    mutationFn: placeOrder,
    retry: (failures, error) => failures < maxRepeats && mayRepeat(error),
    retryDelay: (failures, error) =>
      Math.max(error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0, 500 * 2 ** failures),
    onMutate: () => onLineFaults({}),
    onError: (error) => {
      onLineFaults(readRefusal(error, sayRefusal).lines);
      // What there is of each is not what the cart believed.
      void client.invalidateQueries({ queryKey: ['product'] });
    },
    onSuccess: (placed) => {
      client.setQueryData(['order', placed.id], placed);
      void client.invalidateQueries({ queryKey: ['orders'] });
      // First away from the cart: it is not to be seen empty.
      go(`/orders/${placed.id}`);
      scrollTo(0, 0);
      clearCart();
    },
  });
  const refusal = order.error ? readRefusal(order.error, sayRefusal) : undefined;
  const error = order.error;
  useEffect(() => {
    if (error || Object.keys(missing).length > 0)
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error, missing]);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (order.isPending) return;
    const given = new FormData(event.currentTarget);
    const address = readAddress(given);
    const lacks = missingIn(address);
    setMissing(lacks);
    order.reset();
    if (Object.keys(lacks).length > 0) return;
    order.mutate({ cart, address, paymentToken: String(given.get('card')) });
  };
  return (
    <form ref={form} className="card form card-body checkout-form" aria-label="Checkout" onSubmit={submit} noValidate>
      <AddressFields name={user.name} faults={{ ...missing, ...refusal?.fields }} />
      <CardChoice fault={refusal?.fields.card} />
      <div role="alert" className="form-fault">
        {refusal?.isOtherOrder ? <OtherOrder /> : refusal?.rest.map((words) => <p key={words}>{words}</p>)}
        {refusal && Object.keys(refusal.lines).length > 0 && <p>Some things in your cart cannot be ordered.</p>}
      </div>
      <button type="submit" className="button main" disabled={order.isPending}>
        {order.isPending ? 'Placing the order…' : `Place order for ${cartTotal(cart).map(formatMoney).join(' + ')}`}
      </button>
      <p className="unseen" role="status">
        {order.isPending && order.failureCount > 0 ? 'No answer yet. The same order is sent again.' : ''}
      </p>
    </form>
  );
}

const sayRefusal = (error: unknown): string =>
  mayRepeat(error)
    ? 'No answer came, so nobody knows yet whether the order is placed. Press again: it stays one order.'
    : sayShopFailure(error);

function OtherOrder() {
  return (
    <>
      <p>
        An order was already placed from this cart, before you changed it. See <Link to="/orders">my orders</Link>.
      </p>
      <button type="button" className="button small" onClick={renewCartKey}>
        Make this another order
      </button>
    </>
  );
}

function readAddress(given: FormData): Address {
  const text = (name: string): string => String(given.get(name) ?? '').trim();
  return {
    name: text('name') || undefined,
    street: text('street'),
    city: text('city'),
    postalCode: text('postalCode'),
    region: text('region') || undefined,
    country: text('country'),
  };
}
