import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { createQueryClient, userQuery } from '../api/queries.ts';
import { Failure } from '../ui/notice.tsx';
import { Sites } from './sites.tsx';
import { Welcome } from './welcome.tsx';
import './app.css';

/** The page: who is here decides what is shown. */
export function App() {
  const [client] = useState(createQueryClient);
  return (
    <QueryClientProvider client={client}>
      <a className="skip" href="#main">
        Skip to the figures
      </a>
      {location.pathname === '/' ? <Gate /> : <Nowhere />}
    </QueryClientProvider>
  );
}

function Gate() {
  const { data: user, error, refetch } = useQuery(userQuery);
  const [known, setKnown] = useState(user);
  if (user && user !== known) setKnown(user);
  // Whose session ends keeps what is on the screen; the page says that it is over.
  const shown = user ?? known;
  if (shown) return <Sites user={shown} />;
  if (user === null) return <Welcome />;
  if (error) {
    return (
      <main className="lone" id="main">
        <Failure error={error} onRetry={() => void refetch()} />
      </main>
    );
  }
  return <main className="lone" id="main" aria-busy="true" aria-label="Loading" />;
}

function Nowhere() {
  return (
    <main className="lone" id="main">
      <h1>There is nothing here</h1>
      <p>The address may be old, or it has a typing error.</p>
      <a className="button main" href="/">
        Go to the figures
      </a>
    </main>
  );
}
