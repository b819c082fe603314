import { useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { areShortcutsOn, setShortcutsOn, shortcuts } from './use-shortcuts.ts';
import './help-dialog.css';

/** What the keys do, and what the figures mean. */
export function HelpDialog({ onClose }: { onClose(): void }) {
  const [isOn, setOn] = useState(areShortcutsOn);
  return (
    <Dialog title="Help" onClose={onClose}>
      <section className="help">
        <h3>Keys</h3>
        <dl className="help-keys">
          {shortcuts.map(({ key, does }) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <label className="help-switch">
          <input
            type="checkbox"
            checked={isOn}
            onChange={(event) => {
              setOn(event.target.checked);
              setShortcutsOn(event.target.checked);
            }}
          />
          Use single keys as shortcuts
        </label>
        <h3>Words</h3>
        <dl className="help-words">
          <dt>Visitor</dt>
          <dd>A browser on one day (UTC). There are no cookies: who comes back tomorrow counts again.</dd>
          <dt>Visit</dt>
          <dd>A visitor’s views with no pause of more than 30 minutes.</dd>
          <dt>Bounce rate</dt>
          <dd>Visits of exactly one page view and no event.</dd>
          <dt>Visit duration</dt>
          <dd>From the first sign of life of a visit to the last, on average.</dd>
        </dl>
      </section>
    </Dialog>
  );
}
