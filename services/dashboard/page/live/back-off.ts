const firstMs = 1_000;
const mostMs = 30_000;

/** How long to wait before the next attempt: doubled each time up to 30 s, spread so that readers do not come back all at once. */
export function backOffMs(failures: number, fraction: number): number {
  const ceiling = Math.min(mostMs, firstMs * 2 ** Math.min(10, Math.max(0, failures - 1)));
  return Math.round(ceiling * (0.5 + fraction / 2));
}
