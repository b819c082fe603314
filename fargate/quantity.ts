/**
 * Kubernetes quantities. Source: k8s.io/apimachinery/pkg/api/resource, quantity.go: a signed number, then a binary suffix
 * (Ki … Ei), a decimal one (n, u, m, k, M, G, T, P, E) or an exponent (e3, E-2). `1E` is an exa, `1E3` a thousand.
 */
const form = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?\d{1,3}))?$/;

const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimal: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

/** A quantity as a number: cores for cpu, bytes for memory and storage. Undefined for what is none. YAML may hold a number. */
export function parseQuantity(value: unknown): number | undefined {
  const text = typeof value === 'number' ? numberText(value) : value;
  if (typeof text !== 'string') return undefined;
  const match = form.exec(text);
  if (!match) return undefined;
  const [, digits, power2, power10, exponent] = match;
  if (power2) return Number(digits) * 1024 ** binary.indexOf(power2);
  // One decimal literal, read once: 100m is 0.1 and not 0.1 with the error of a division.
  return Number(`${Number(digits) === 0 ? 0 : digits}e${power10 ? decimal[power10] : (exponent ?? 0)}`);
}

/** JavaScript writes large numbers as 1e+21, which is a quantity too. */
const numberText = (value: number): string => (Number.isFinite(value) ? `${value}` : '');

/** Mebibytes as one writes them in a manifest: whole Mi, or Gi where it is even. */
export const mebibytes = (mib: number): string => (mib % 1024 === 0 && mib > 0 ? `${mib / 1024}Gi` : `${trim(mib)}Mi`);

/** Cores as one writes them in a manifest: whole millicores, or cores where it is even. */
export const cores = (vcpu: number): string =>
  Number.isInteger(vcpu) ? `${vcpu}` : `${Math.round(vcpu * 1_000_000) / 1000}m`;

const trim = (value: number): number => Math.round(value * 1000) / 1000;
