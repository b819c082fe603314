import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, call, shopAddress } from '../api/client.ts';
import type { Order } from '../api/shop-types.ts';
import { Dialog } from '../ui/dialog.tsx';
import { sayShopFailure } from '../ui/notice.tsx';
import { mayCancel } from './progress.ts';

/** Asks before it cancels. An order that left meanwhile says so. */
export function CancelButton({ order }: { order: Order }) {
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const cancel = useMutation({
    mutationFn: () => call<Order>(shopAddress(`/orders/${order.id}/cancel`), { method: 'POST' }),
    onSuccess: (changed) => {
      client.setQueryData(['order', order.id], changed);
      setOpen(false);
    },
    onError: () => void client.invalidateQueries({ queryKey: ['order', order.id] }),
  });
  const isLate = cancel.error instanceof ApiError && cancel.error.status === 409;
  if (!mayCancel(order) && !isOpen) return null;
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={() => {
          cancel.reset();
          setOpen(true);
        }}
      >
        Cancel the order
      </button>
      {isOpen && (
        <Dialog title="Cancel this order?" onClose={() => setOpen(false)}>
          <div className="form">
            <p>What was paid goes back to your card, and the things go back on the shelf.</p>
            <div role="alert" className="form-fault">
              {cancel.error && <p>{isLate ? `Too late: ${cancel.error.message}` : sayShopFailure(cancel.error)}</p>}
            </div>
            <div className="form-actions">
              <button
                type="button"
                className="button danger"
                disabled={cancel.isPending || isLate}
                onClick={() => cancel.mutate()}
              >
                {cancel.isPending ? 'Cancelling…' : 'Yes, cancel it'}
              </button>
              <button type="button" className="button" onClick={() => setOpen(false)}>
                Keep the order
              </button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
