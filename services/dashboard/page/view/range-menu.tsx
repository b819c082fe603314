import { useState } from 'react';
import { checkDates, presetNames, presets, writeDate } from '../text/range.ts';
import { localTimeAt } from '../text/zone.ts';
import { Icon } from '../ui/icon.tsx';
import { usePage } from './page-context.ts';

/** The usual ranges, and any two dates. */
export function RangeMenu({ close }: { close(): void }) {
  const { state, change } = usePage();
  const chosen = 'preset' in state.range ? state.range.preset : undefined;
  return (
    <div className="range-menu">
      {presets.map((preset) => (
        <button
          key={preset}
          type="button"
          className="menu-item"
          aria-current={preset === chosen}
          onClick={() => {
            change({ range: { preset }, interval: undefined });
            close();
          }}
        >
          {presetNames[preset]}
          {preset === chosen && (
            <span className="aside">
              <Icon name="check" />
            </span>
          )}
        </button>
      ))}
      <div className="menu-line" />
      <DatesForm close={close} />
    </div>
  );
}

function DatesForm({ close }: { close(): void }) {
  const { range, zone, change, nowMs } = usePage();
  const today = writeDate(localTimeAt(nowMs, zone));
  const [from, setFrom] = useState(writeDate(localTimeAt(range.fromMs, zone)));
  const [to, setTo] = useState(() => {
    const last = writeDate(localTimeAt(range.toMs - 1, zone));
    return [last, today].sort()[0] ?? today;
  });
  const [fault, setFault] = useState<string | undefined>();
  return (
    <form
      className="range-dates"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const found = checkDates(from, to, today);
        setFault(found);
        if (found) return;
        change({ range: { from, to }, interval: undefined });
        close();
      }}
    >
      <label>
        From
        <input type="date" value={from} max={today} onChange={(event) => setFrom(event.target.value)} />
      </label>
      <label>
        To
        <input type="date" value={to} onChange={(event) => setTo(event.target.value)} />
      </label>
      {fault && <p role="alert">{fault}</p>}
      <button type="submit" className="button">
        Show these days
      </button>
    </form>
  );
}
