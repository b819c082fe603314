/** One path of the gateway and the process behind it. */
export interface GatewayRoute {
  /** Exact, or a prefix that ends with `/*`. */
  path: string;
  /** The process's URL, such as `http://127.0.0.1:8101`. */
  target: string;
  /** Its name, for people. */
  name: string;
}

export interface Target {
  name: string;
  host: string;
  port: number;
}

/** Served by each process on its own port, and never to the outside. */
const internal = new Set(['/healthz', '/readyz', '/metrics']);
const dotSegment = /(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)/i;

/** Whatever is below these and has no route of its own is nobody's: it never falls through to the page. */
const apart = ['/api/', '/local/'];

/** Finds the process for a path: an exact route first, then the longest prefix. */
export function createRouter(routes: readonly GatewayRoute[]): (path: string) => Target | undefined {
  const exact = new Map<string, Target>();
  const prefixes: { prefix: string; target: Target }[] = [];
  for (const route of routes) {
    const url = new URL(route.target);
    const target = { name: route.name, host: url.hostname, port: Number(url.port) };
    if (route.path.endsWith('/*')) prefixes.push({ prefix: route.path.slice(0, -1), target });
    else exact.set(route.path, target);
  }
  prefixes.sort((left, right) => right.prefix.length - left.prefix.length);
  return (path) => {
    if (internal.has(path) || isTraversal(path)) return undefined;
    const known = exact.get(path);
    if (known) return known;
    const found = prefixes.find((entry) => path.startsWith(entry.prefix));
    const own = apart.find((prefix) => path.startsWith(prefix)) ?? '';
    return (found?.prefix.length ?? 0) < own.length ? undefined : found?.target;
  };
}

/** URL parsers resolve dot segments and take a backslash for a slash, so such a path could reach what is internal. */
function isTraversal(path: string): boolean {
  if (path.includes('\\') || path.startsWith('//')) return true;
  return (path.includes('/.') || path.toLowerCase().includes('%2e')) && dotSegment.test(path);
}
