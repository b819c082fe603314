import type { Input } from './input.ts';

/** What an operation may know and do beside its input. */
export interface Call {
  /** The address that the caller used, for the URLs in answers. */
  origin: string;
  /** Calls `gone` once when the caller's connection closes before the answer is written. */
  onGone(gone: () => void): void;
}

/** Answers one operation with the members of its output. Throws AwsError. */
export type Operation = (input: Input, call: Call) => object | Promise<object>;

export type Operations = Record<string, Operation>;
