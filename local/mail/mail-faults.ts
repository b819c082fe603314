/** `reject`: 550 to the recipient. `temporary`: 451 after the data. `drop-after-data`: kept, and the connection ends before the answer. */
export const faultKinds = ['reject', 'temporary', 'drop-after-data'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What the next mails meet, as tests ask for it. */
export interface MailFaults {
  set(kind: FaultKind, count: number): void;
  /** Whether the fault is to happen now; then it is used up by one. */
  take(kind: FaultKind): boolean;
  left(): Record<FaultKind, number>;
}

export function createMailFaults(): MailFaults {
  const left: Record<FaultKind, number> = { reject: 0, temporary: 0, 'drop-after-data': 0 };
  return {
    set: (kind, count) => {
      left[kind] = count;
    },
    take: (kind) => {
      if (left[kind] === 0) return false;
      left[kind] -= 1;
      return true;
    },
    left: () => ({ ...left }),
  };
}
