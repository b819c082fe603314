/** What the server says against a form: beside which field, and what belongs to none. */
export interface Faults<Name extends string> {
  fields: Partial<Record<Name, string>>;
  rest: string[];
}

/**
 * Sorts a problem's errors by the fields of a form. `places` names the pointer (RFC 6901) that each field is sent at; what
 * is said of a part of it is said of the field too. What fits nowhere is kept: nothing that is wrong stays unsaid.
 */
export function sortFaults<Name extends string>(
  pointers: Record<string, string>,
  places: Record<Name, string>,
): Faults<Name> {
  const faults: Faults<Name> = { fields: {}, rest: [] };
  const names = Object.keys(places) as Name[];
  for (const [pointer, message] of Object.entries(pointers)) {
    const name = names.find((one) => isAtOrBelow(pointer, places[one]));
    if (name === undefined) faults.rest.push(message);
    else faults.fields[name] ??= message;
  }
  return faults;
}

/** The number of the line of an order that a pointer speaks of: `/items/2/productId` is line 2. */
export function lineOf(pointer: string): number | undefined {
  const number = /^\/items\/(\d{1,4})(\/|$)/.exec(pointer)?.[1];
  return number === undefined ? undefined : Number(number);
}

const isAtOrBelow = (pointer: string, place: string): boolean => pointer === place || pointer.startsWith(`${place}/`);
