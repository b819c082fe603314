import { Mark } from '../ui/icon.tsx';
import { Link } from '../ui/link.tsx';
import './welcome.css';

const failures: Record<string, string> = {
  unavailable: 'The identity provider does not answer right now. Try again in a moment.',
  'login-expired': 'That login took too long or was already used. Start again.',
  'login-foreign': 'That login was begun in another browser. Start again here.',
  'login-refused': 'The identity provider did not log you in.',
  'too-many-requests': 'There were too many attempts. Wait a minute, then try again.',
};

/** For somebody who is not logged in. The address is kept, so that a shared link leads on to its figures. */
export function Welcome() {
  const given = new URLSearchParams(location.search);
  const failure = given.get('login');
  const isOut = given.get('out') === '1';
  given.delete('login');
  given.delete('out');
  const rest = given.toString();
  const returnTo = `/${rest && `?${rest}`}`;
  const fresh = isOut ? '&fresh=1' : '';
  return (
    <main className="welcome" id="main">
      <div className="welcome-mark">
        <Mark />
        <span>Millrace</span>
      </div>
      <h1>See who visits, as it happens.</h1>
      <p>Page views without cookies: live visitors, where they come from, and what they read.</p>
      {failure && (
        <p className="welcome-failure" role="alert">
          {failures[failure] ?? 'The login did not work. Try again.'}
        </p>
      )}
      {isOut && !failure && <p role="status">You are logged out.</p>}
      <a className="button main" href={`/session/login?returnTo=${encodeURIComponent(returnTo)}${fresh}`}>
        Log in
      </a>
      <Link className="welcome-shop" to="/shop">
        Look at the shop
      </Link>
    </main>
  );
}
