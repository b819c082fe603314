import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { createQueryClient, userQuery } from '../api/queries.ts';
import { NoticeLine } from '../notices/notice-line.tsx';
import type { Place } from '../text/place.ts';
import { readPlace } from '../text/place.ts';
import { usePath } from '../ui/address.ts';
import { Failure } from '../ui/notice.tsx';
import { Welcome } from './welcome.tsx';
import './app.css';

// Who shops needs no charts, and who looks at figures needs no shop.
const Sites = lazy(() => import('./sites.tsx').then((part) => ({ default: part.Sites })));
const OrderPage = lazy(() => import('../order/order-page.tsx').then((part) => ({ default: part.OrderPage })));
const pages = {
  shop: lazy(() => import('../shop/shop-page.tsx').then((part) => ({ default: part.ShopPage }))),
  cart: lazy(() => import('../shop/cart-page.tsx').then((part) => ({ default: part.CartPage }))),
  orders: lazy(() => import('../order/orders-page.tsx').then((part) => ({ default: part.OrdersPage }))),
  profile: lazy(() => import('../profile/profile-page.tsx').then((part) => ({ default: part.ProfilePage }))),
  notifications: lazy(() => import('../notices/notices-page.tsx').then((part) => ({ default: part.NoticesPage }))),
  operator: lazy(() => import('../operator/operator-page.tsx').then((part) => ({ default: part.OperatorPage }))),
};

/** The page: its address decides what is shown, and who is here whether it is shown. */
export function App() {
  const [client] = useState(createQueryClient);
  const place = readPlace(usePath());
  return (
    <QueryClientProvider client={client}>
      <a className="skip" href="#main">
        {place.name === 'analytics' ? 'Skip to the figures' : 'Skip to the content'}
      </a>
      <NoticeLine />
      <Suspense fallback={<main className="lone" id="main" aria-busy="true" aria-label="Loading" />}>
        <Room key={place.name === 'order' ? place.id : place.name} place={place} />
      </Suspense>
    </QueryClientProvider>
  );
}

function Room({ place }: { place: Place }) {
  if (place.name === 'analytics') return <Gate />;
  if (place.name === 'order') return <OrderPage id={place.id} />;
  if (place.name === 'nowhere') return <Nowhere />;
  const Page = pages[place.name];
  return <Page />;
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
