import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { ApiError, call, shopAddress } from '../api/client.ts';
import { profileQuery } from '../api/shop-queries.ts';
import type { Profile } from '../api/shop-types.ts';
import type { User } from '../api/types.ts';
import { sortFaults } from '../text/faults.ts';
import { Field } from '../ui/field.tsx';
import { sayShopFailure } from '../ui/notice.tsx';

const places = { name: '/name', email: '/email' } as const;

/** Registers, or changes what is known. A change that somebody else made meanwhile is not overwritten. */
export function ProfileForm({ user, profile }: { user: User; profile?: Profile }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (body: { name: string; email: string }) =>
      call<Profile>(shopAddress('/users/me'), {
        method: 'PUT',
        body,
        headers: profile ? { 'if-match': `"${profile.version}"` } : {},
      }),
    onSuccess: (saved) => {
      client.setQueryData(profileQuery.queryKey, saved);
      void client.invalidateQueries({ queryKey: ['loyalty'] });
    },
  });
  const { error } = save;
  const isStale = error instanceof ApiError && error.status === 412;
  const { fields, rest } = sortFaults(error instanceof ApiError ? error.pointers : {}, places);
  const isSaidThere = Object.keys(fields).length > 0;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const text = (name: string): string => String(given.get(name) ?? '').trim();
    save.mutate({ name: text('name'), email: text('email') });
  };
  return (
    <form className="form" onSubmit={submit} noValidate>
      <Field
        label="Name"
        name="name"
        autoComplete="name"
        maxLength={200}
        defaultValue={profile?.name ?? user.name}
        fault={fields.name}
      />
      <Field
        label="E-mail"
        name="email"
        type="email"
        autoComplete="email"
        maxLength={254}
        defaultValue={profile?.email ?? user.email}
        fault={fields.email}
      />
      <div className="form-actions">
        <button type="submit" className="button main" disabled={save.isPending}>
          {profile ? 'Save' : 'Register'}
        </button>
        <p role="status" className="profile-soft">
          {save.isSuccess && profile && 'Saved.'}
        </p>
      </div>
      <div role="alert" className="form-fault">
        {isStale && (
          <>
            <p>This was changed elsewhere, in another window perhaps. Load it again, then change it.</p>
            <button
              type="button"
              className="button small"
              onClick={() => {
                save.reset();
                void client.invalidateQueries({ queryKey: profileQuery.queryKey });
              }}
            >
              Load again
            </button>
          </>
        )}
        {rest.map((words) => (
          <p key={words}>{words}</p>
        ))}
        {error && !isStale && !isSaidThere && rest.length === 0 && <p>{sayShopFailure(error)}</p>}
      </div>
    </form>
  );
}
