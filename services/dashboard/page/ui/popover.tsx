import type { ReactNode } from 'react';
import { useEffect, useId, useRef, useState } from 'react';
import './popover.css';

interface PopoverProps {
  /** What the button says. */
  trigger: ReactNode;
  /** The button's name when its words are not enough. */
  label?: string;
  className?: string;
  /** Which edge of the button the panel keeps to. */
  side?: 'start' | 'end';
  shortcut?: string;
  children(close: () => void): ReactNode;
}

/** A button that opens a panel. Escape, a click elsewhere and leaving by keyboard close it; the focus comes back. */
export function Popover({ trigger, label, className = 'button', side = 'start', shortcut, children }: PopoverProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = (): void => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>('button')?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    const onDown = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      setOpen(false);
      root.current?.querySelector<HTMLElement>('button')?.focus();
    };
    document.addEventListener('pointerdown', onDown);
    document.addEventListener('focusin', onDown);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('pointerdown', onDown);
      document.removeEventListener('focusin', onDown);
      document.removeEventListener('keydown', onKey);
    };
  }, [isOpen]);
  return (
    <div className="popover" ref={root}>
      <button
        type="button"
        className={className}
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={label}
        data-shortcut={shortcut}
        onClick={() => setOpen(!isOpen)}
      >
        {trigger}
      </button>
      <div className={`popover-panel ${side}`} id={id} hidden={!isOpen}>
        {isOpen && children(close)}
      </div>
    </div>
  );
}
