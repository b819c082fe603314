import type { InputHTMLAttributes, ReactNode } from 'react';
import { useId } from 'react';
import './field.css';

interface FrameProps {
  label: string;
  hint?: string | undefined;
  /** What is wrong with the value; stands in the place of the hint. */
  fault?: string | undefined;
  isOptional?: boolean;
  children(props: { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined }): ReactNode;
}

/** A label, something to fill in, and a sentence about it. */
export function FieldFrame({ label, hint, fault, isOptional = false, children }: FrameProps) {
  const id = useId();
  const words = fault ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {isOptional && <span className="field-optional"> (optional)</span>}
      </label>
      {children({ id, 'aria-invalid': fault !== undefined, 'aria-describedby': words ? `${id}-words` : undefined })}
      {words && (
        <p id={`${id}-words`} className={fault ? 'fault' : undefined}>
          {words}
        </p>
      )}
    </div>
  );
}

type FieldProps = Omit<FrameProps, 'children'> & InputHTMLAttributes<HTMLInputElement>;

/** A line of text. */
export function Field({ label, hint, fault, isOptional = false, ...input }: FieldProps) {
  return (
    <FieldFrame {...{ label, hint, fault, isOptional }}>
      {(props) => <input type="text" {...input} {...props} required={!isOptional} />}
    </FieldFrame>
  );
}
