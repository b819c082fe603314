import { useState } from 'react';
import type { IconName } from '../ui/icon.tsx';
import { Icon } from '../ui/icon.tsx';
import { Popover } from '../ui/popover.tsx';

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const words: Record<Theme, { name: string; icon: IconName }> = {
  system: { name: 'Like the system', icon: 'screen' },
  light: { name: 'Light', icon: 'sun' },
  dark: { name: 'Dark', icon: 'moon' },
};
/** Charts are drawn on a canvas and must hear of new colours. */
export const themeChanged = 'millrace:theme';

/** Light, dark, or what the system says. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(readTheme);
  const choose = (next: Theme): void => {
    setTheme(next);
    if (next === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = next;
    try {
      localStorage.setItem('theme', next);
    } catch {
      // Storage may be switched off; the choice then lasts until the next load.
    }
    dispatchEvent(new Event(themeChanged));
  };
  return (
    <Popover
      className="button bare square"
      side="end"
      label={`Theme: ${words[theme].name}`}
      trigger={<Icon name={words[theme].icon} />}
    >
      {(close) =>
        themes.map((name) => (
          <button
            key={name}
            type="button"
            className="menu-item"
            aria-current={name === theme}
            onClick={() => {
              choose(name);
              close();
            }}
          >
            <Icon name={words[name].icon} />
            {words[name].name}
          </button>
        ))
      }
    </Popover>
  );
}

function readTheme(): Theme {
  const set = document.documentElement.dataset['theme'];
  return themes.find((theme) => theme === set) ?? 'system';
}
