import { shiftChoice } from '../text/range.ts';
import { nameRange } from '../text/time.ts';
import { allZones, browserZone, offsetName } from '../text/zone.ts';
import { Icon } from '../ui/icon.tsx';
import { Popover } from '../ui/popover.tsx';
import { SearchList } from '../ui/search-list.tsx';
import { FilterChips } from './filter-chips.tsx';
import { usePage } from './page-context.ts';
import { RangeMenu } from './range-menu.tsx';
import { VisitorsNow } from './visitors-now.tsx';
import '../ui/switch.css';
import './toolbar.css';

/** What is shown: overview or live, which time, in which zone, under which filters. */
export function Toolbar() {
  const { state } = usePage();
  return (
    <div className="toolbar">
      <ViewSwitch />
      <VisitorsNow />
      {state.view === 'overview' && (
        <div className="toolbar-end">
          <ZoneMenu />
          <RangeControls />
        </div>
      )}
      {state.view === 'overview' && <FilterChips />}
    </div>
  );
}

function ViewSwitch() {
  const { state, change } = usePage();
  const names = { overview: 'Overview', live: 'Live' } as const;
  return (
    <nav className="switch" aria-label="View">
      {(['overview', 'live'] as const).map((view) => (
        <button
          key={view}
          type="button"
          aria-current={state.view === view ? 'page' : undefined}
          onClick={() => change({ view })}
        >
          {names[view]}
        </button>
      ))}
    </nav>
  );
}

function RangeControls() {
  const { state, change, range, zone, nowMs } = usePage();
  const earlier = shiftChoice(state.range, { nowMs, zone, direction: -1 });
  const later = shiftChoice(state.range, { nowMs, zone, direction: 1 });
  return (
    <div className="range-controls">
      <button
        type="button"
        className="button square"
        aria-label="The period before"
        onClick={() => earlier && change({ range: earlier })}
      >
        <Icon name="left" />
      </button>
      <Popover
        side="end"
        label={`Time range: ${nameRange(state.range, range, zone)}`}
        trigger={
          <>
            <Icon name="calendar" />
            <span className="range-name">{nameRange(state.range, range, zone)}</span>
            <Icon name="down" />
          </>
        }
      >
        {(close) => <RangeMenu close={close} />}
      </Popover>
      <button
        type="button"
        className="button square"
        aria-label="The period after"
        disabled={!later}
        onClick={() => later && change({ range: later })}
      >
        <Icon name="right" />
      </button>
    </div>
  );
}

function ZoneMenu() {
  const { zone, change, nowMs } = usePage();
  const names = [browserZone(), ...allZones().filter((name) => name !== browserZone())];
  const options = (): { value: string; name: string; aside: string }[] =>
    names.map((name) => ({ value: name, name: name.replaceAll('_', ' '), aside: offsetName(nowMs, name) }));
  return (
    <Popover
      className="button bare zone-button"
      side="end"
      label={`Time zone: ${zone}`}
      trigger={
        <>
          <Icon name="globe" />
          <span>{zone.split('/').pop()?.replaceAll('_', ' ')}</span>
        </>
      }
    >
      {(close) => (
        <SearchList
          label="Time zones"
          chosen={zone}
          options={options()}
          onChoose={(name) => {
            change({ zone: name === browserZone() ? undefined : name });
            close();
          }}
        />
      )}
    </Popover>
  );
}
