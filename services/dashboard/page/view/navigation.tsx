import type { User } from '../api/types.ts';
import { readPlace } from '../text/place.ts';
import { usePath } from '../ui/address.ts';
import { Link } from '../ui/link.tsx';
import './navigation.css';

interface Door {
  to: string;
  words: string;
  /** The places that belong to it. */
  places: readonly string[];
  needs?: 'login' | 'products:write';
}

const doors: readonly Door[] = [
  { to: '/', words: 'Analytics', places: ['analytics'] },
  { to: '/shop', words: 'Shop', places: ['shop', 'cart'] },
  { to: '/orders', words: 'My orders', places: ['orders', 'order'], needs: 'login' },
  { to: '/profile', words: 'Profile', places: ['profile'], needs: 'login' },
  { to: '/operator', words: 'Operator', places: ['operator'], needs: 'products:write' },
];

/** The parts of this page that this person may enter. */
export function Navigation({ user }: { user: User | null | undefined }) {
  const { name } = readPlace(usePath());
  const open = doors.filter(({ needs }) => !needs || (user && (needs === 'login' || user.scopes.includes(needs))));
  return (
    <nav className="navigation" aria-label="Main">
      {open.map(({ to, words, places }) => (
        <Link key={to} to={to} isCurrent={places.includes(name)}>
          {words}
        </Link>
      ))}
    </nav>
  );
}
