import type { Order, OrderMove } from '../api/shop-types.ts';
import { formatClock } from '../text/time.ts';
import { browserZone } from '../text/zone.ts';
import { Icon } from '../ui/icon.tsx';
import { progressOf } from './progress.ts';
import './progress.css';

const spoken = { done: 'done', now: 'now', next: 'not yet', ended: 'here it ended' } as const;

/** The way of an order, as steps on a line. */
export function ProgressDrawing({ order, moves }: { order: Order; moves: readonly OrderMove[] }) {
  const steps = progressOf(order, moves);
  return (
    <ol className="progress" aria-label="Steps">
      {steps.map(({ state, name, kind, at }) => (
        <li key={state} className={kind} aria-current={kind === 'now' ? 'step' : undefined}>
          <span className="progress-mark">
            {kind === 'done' && <Icon name="check" />}
            {kind === 'ended' && <Icon name="close" />}
          </span>
          <span className="progress-name">
            {name}
            <span className="unseen">, {spoken[kind]}</span>
          </span>
          <span className="progress-time">{at ? formatClock(Date.parse(at), browserZone()) : ''}</span>
        </li>
      ))}
    </ol>
  );
}
