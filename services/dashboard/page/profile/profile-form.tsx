import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { call, shopAddress } from '../api/client.ts';
import { profileQuery } from '../api/shop-queries.ts';
import type { Profile } from '../api/shop-types.ts';
import type { User } from '../api/types.ts';
import { sortFaults } from '../text/faults.ts';
import { Field } from '../ui/field.tsx';
import { pointersOf, Refusal } from '../ui/refusal.tsx';

const places = { name: '/name', email: '/email' } as const;
const stale = 'This was changed elsewhere, in another window perhaps. Load it again, then change it.';

/** Registers, or changes what is known. A change that somebody else made meanwhile is not overwritten. */
export function ProfileForm({ user, profile }: { user: User; profile?: Profile }) {
  const { save, reload } = useSaving(profile);
  const faults = sortFaults(pointersOf(save.error), places);
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
        fault={faults.fields.name}
      />
      <Field
        label="E-mail"
        name="email"
        type="email"
        autoComplete="email"
        maxLength={254}
        defaultValue={profile?.email ?? user.email}
        fault={faults.fields.email}
      />
      <div className="form-actions">
        <button type="submit" className="button main" disabled={save.isPending}>
          {profile ? 'Save' : 'Register'}
        </button>
        <p role="status" className="profile-soft">
          {save.isSuccess && profile && 'Saved.'}
        </p>
      </div>
      <Refusal error={save.error} faults={faults} stale={stale} onReload={reload} />
    </form>
  );
}

function useSaving(profile: Profile | undefined) {
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
  const reload = (): void => {
    save.reset();
    void client.invalidateQueries({ queryKey: profileQuery.queryKey });
  };
  return { save, reload };
}
