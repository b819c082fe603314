/** Something wrong in the catalog or in what follows from it: where, a stable code, and a sentence that says what to write instead. */
export interface Fault {
  place: string;
  code: string;
  message: string;
}

/** Sorted by place, then code, then message, each once, so that two runs say the same. */
export function sortFaults(faults: readonly Fault[]): Fault[] {
  const byText = new Map(faults.map((fault) => [`${fault.place}\n${fault.code}\n${fault.message}`, fault]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, fault]) => fault);
}
