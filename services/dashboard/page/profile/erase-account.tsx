import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { call, shopAddress } from '../api/client.ts';
import { profileQuery } from '../api/shop-queries.ts';
import { clearCart } from '../shop/use-cart.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { sayShopFailure } from '../ui/notice.tsx';

const word = 'erase';

/** Erases what the shop knows of somebody. Written out, so that it happens to nobody by accident. */
export function EraseAccount({ email }: { email: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section className="card card-body profile-wide" aria-label="Erase account">
      <h2>Erase account</h2>
      <p className="profile-soft">
        Your name, e-mail, picture, points and notifications are removed, and your address from your orders.
      </p>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        Erase my account
      </button>
      {isOpen && <EraseDialog email={email} onClose={() => setOpen(false)} />}
    </section>
  );
}

function EraseDialog({ email, onClose }: { email: string; onClose(): void }) {
  const client = useQueryClient();
  const [typed, setTyped] = useState('');
  const erase = useMutation({
    mutationFn: () => call<undefined>(shopAddress('/users/me'), { method: 'DELETE' }),
    onSuccess: () => {
      onClose();
      clearCart();
      client.removeQueries({ queryKey: ['loyalty'] });
      void client.resetQueries({ queryKey: ['notices'] });
      client.setQueryData(profileQuery.queryKey, null);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (typed === word) erase.mutate();
  };
  return (
    <Dialog title="Erase your account?" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <p>
          Everything that the shop knows of <strong>{email}</strong> is removed. This cannot be taken back.
        </p>
        <Field
          label={`Write “${word}” to go on`}
          value={typed}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          fault={erase.error ? sayShopFailure(erase.error) : undefined}
          onChange={(event) => setTyped(event.target.value)}
        />
        <div className="form-actions">
          <button type="submit" className="button danger" disabled={typed !== word || erase.isPending}>
            {erase.isPending ? 'Erasing…' : 'Erase everything'}
          </button>
          <button type="button" className="button" onClick={onClose}>
            Keep my account
          </button>
        </div>
      </form>
    </Dialog>
  );
}
