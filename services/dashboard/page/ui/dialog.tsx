import type { ReactNode } from 'react';
import { useEffect, useId, useRef } from 'react';
import { Icon } from './icon.tsx';
import './dialog.css';

interface DialogProps {
  title: string;
  size?: 'normal' | 'wide';
  actions?: ReactNode;
  onClose(): void;
  children: ReactNode;
}

/** A modal dialog: the browser keeps the focus inside and gives it back. */
export function Dialog({ title, size = 'normal', actions, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const opener = document.activeElement;
    if (element && !element.open) element.showModal();
    element?.querySelector<HTMLElement>('.dialog-body input:not([type=checkbox]), h2')?.focus();
    return () => {
      element?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own key; this is the click beside it.
    <dialog
      ref={dialog}
      className={`dialog ${size}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="dialog-paper">
        <header>
          <h2 id={id} tabIndex={-1}>
            {title}
          </h2>
          {actions}
          <button type="button" className="button bare square" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div className="dialog-body">{children}</div>
      </div>
    </dialog>
  );
}
