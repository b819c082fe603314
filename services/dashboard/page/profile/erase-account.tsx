import { useMutation, useQueryClient } from '@tanstack/react-query';
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
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const erase = useMutation({
    mutationFn: () => call<undefined>(shopAddress('/users/me'), { method: 'DELETE' }),
    onSuccess: () => {
      setOpen(false);
      clearCart();
      client.removeQueries({ queryKey: ['notices'] });
      client.removeQueries({ queryKey: ['loyalty'] });
      client.setQueryData(profileQuery.queryKey, null);
    },
  });
  return (
    <section className="card card-body profile-wide" aria-label="Erase account">
      <h2>Erase account</h2>
      <p className="profile-soft">
        Your name, e-mail, picture, points and notifications are removed, and your address from your orders.
      </p>
      <button
        type="button"
        className="button"
        onClick={() => {
          setTyped('');
          erase.reset();
          setOpen(true);
        }}
      >
        Erase my account
      </button>
      {isOpen && (
        <Dialog title="Erase your account?" onClose={() => setOpen(false)}>
          <form
            className="form"
            onSubmit={(event) => {
              event.preventDefault();
              if (typed === word) erase.mutate();
            }}
          >
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
              <button type="button" className="button" onClick={() => setOpen(false)}>
                Keep my account
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </section>
  );
}
