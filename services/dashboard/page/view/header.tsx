import { call } from '../api/client.ts';
import type { Site, User } from '../api/types.ts';
import { Bell } from '../notices/bell.tsx';
import { CartLink } from '../shop/cart-link.tsx';
import { Icon, Mark } from '../ui/icon.tsx';
import { Popover } from '../ui/popover.tsx';
import { SearchList } from '../ui/search-list.tsx';
import { Navigation } from './navigation.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import './header.css';

interface HeaderProps {
  /** `null`: nobody is logged in. `undefined`: not known yet. */
  user: User | null | undefined;
  sites: readonly Site[];
  site?: Site;
  onChooseSite?(id: string): void;
  onAdd?(): void;
  onTag?(): void;
  onHelp?(): void;
}

/** The product, the site that is shown, and the person who looks. */
export function Header({ user, sites, site, onChooseSite, onAdd, onTag, onHelp }: HeaderProps) {
  return (
    <header className="header">
      <a className="header-mark" href="/" aria-label="Millrace, start">
        <Mark />
        <span>Millrace</span>
      </a>
      <Navigation user={user} />
      {site && onChooseSite && (
        <Popover
          className="button bare header-site"
          label={`Site: ${site.name}`}
          shortcut="s"
          trigger={
            <>
              <strong>{site.name}</strong>
              <Icon name="down" />
            </>
          }
        >
          {(close) => (
            <>
              <SearchList
                label="Sites"
                chosen={site.id}
                options={sites.map(({ id, name, domain }) => ({ value: id, name, aside: domain }))}
                onChoose={(id) => {
                  close();
                  onChooseSite(id);
                }}
              />
              <div className="menu-line" />
              <MenuButton icon="plus" words="Add a site" onClick={onAdd} close={close} />
              <MenuButton icon="code" words="Show the script tag" onClick={onTag} close={close} />
            </>
          )}
        </Popover>
      )}
      <div className="header-end">
        {onHelp && (
          <button type="button" className="button bare square" aria-label="Help and shortcuts" onClick={onHelp}>
            <Icon name="help" />
          </button>
        )}
        <CartLink />
        {user && <Bell />}
        <ThemeSwitch />
        {user && <UserMenu user={user} />}
        {user === null && (
          <a className="button small header-login" href={loginAddress()}>
            Log in
          </a>
        )}
      </div>
    </header>
  );
}

function MenuButton(item: { icon: 'plus' | 'code'; words: string; onClick: (() => void) | undefined; close(): void }) {
  return (
    <button
      type="button"
      className="menu-item"
      onClick={() => {
        item.close();
        item.onClick?.();
      }}
    >
      <Icon name={item.icon} />
      {item.words}
    </button>
  );
}

function UserMenu({ user }: { user: User }) {
  const initials = user.name
    .split(/\s+/)
    .map((word) => word[0])
    .join('')
    .slice(0, 2)
    .toUpperCase();
  return (
    <Popover
      className="header-user"
      side="end"
      label={`Account of ${user.name}`}
      trigger={<span aria-hidden="true">{initials}</span>}
    >
      {() => (
        <>
          <p className="menu-note">
            <strong>{user.name}</strong>
            <br />
            {user.email}
          </p>
          <div className="menu-line" />
          <button type="button" className="menu-item" onClick={() => void logOut()}>
            <Icon name="leave" />
            Log out
          </button>
        </>
      )}
    </Popover>
  );
}

/** To the login, and back to this place. */
export const loginAddress = (): string =>
  `/session/login?returnTo=${encodeURIComponent(location.pathname + location.search)}`;

async function logOut(): Promise<void> {
  await call('/session/logout', { method: 'POST' }).catch(() => undefined);
  location.assign('/?out=1');
}
