import type { FormEvent } from 'react';
import { useState } from 'react';
import { ApiError, call } from '../api/client.ts';
import type { Site } from '../api/types.ts';
import { browserZone } from '../text/zone.ts';
import { sayFailure } from '../ui/notice.tsx';
import '../ui/field.css';
import './site-form.css';

const hints = { name: 'As you want to see it here.', domain: 'Where the pages are, such as example.com.' };

/** Adds a site. What the server refuses is said beside the field. */
export function SiteForm({ onAdded }: { onAdded(site: Site): void }) {
  const [failure, setFailure] = useState<ApiError | undefined>();
  const [isSending, setSending] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string): string => String(fields.get(name) ?? '').trim();
    const domain = text('domain')
      .replace(/^https?:\/\//i, '')
      .replace(/\/.*$/, '');
    const body = { name: text('name') || domain, domain, timeZone: browserZone() };
    setSending(true);
    try {
      onAdded(await call<Site>('/session/api/analytics/sites', { body }));
    } catch (error) {
      setFailure(error instanceof ApiError ? error : new ApiError(0, 'That did not work. Try again.'));
    } finally {
      setSending(false);
    }
  };
  const general = failure && Object.keys(failure.fields).length === 0 ? sayFailure(failure) : undefined;
  return (
    <form className="site-form" onSubmit={(event) => void submit(event)} noValidate>
      <Field name="domain" label="Domain" placeholder="example.com" fault={failure?.fields['domain']} />
      <Field name="name" label="Name" placeholder="My site" fault={failure?.fields['name']} />
      {general && <p role="alert">{general}</p>}
      <button type="submit" className="button main" disabled={isSending}>
        Add site
      </button>
    </form>
  );
}

function Field(field: { name: 'name' | 'domain'; label: string; placeholder: string; fault: string | undefined }) {
  const { name, label, placeholder, fault } = field;
  return (
    <div className="field">
      <label htmlFor={`site-${name}`}>{label}</label>
      <input
        id={`site-${name}`}
        name={name}
        type="text"
        maxLength={name === 'name' ? 128 : 300}
        placeholder={placeholder}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required={name === 'domain'}
        aria-invalid={fault !== undefined}
        aria-describedby={`site-${name}-hint`}
      />
      <p id={`site-${name}-hint`} className={fault ? 'fault' : undefined}>
        {fault ?? hints[name]}
      </p>
    </div>
  );
}
