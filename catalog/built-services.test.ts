import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { services } from './services.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const built = services.filter(({ name, database }) => database && existsSync(join(root, `services/${name}/main.ts`)));

interface BuiltRoute {
  service: string;
  place: string;
  path: string;
  policy: string | undefined;
}

/** The routes of a service as its files declare them: an object with a method, a path and a policy. */
function routesOf(service: string): BuiltRoute[] {
  const files = readdirSync(join(root, 'services', service)).filter((name) => /^[a-z-]+\.ts$/.test(name));
  const texts = files.map((file) => read(`services/${service}/${file}`));
  const named = new Map(texts.flatMap((text) => namedPoliciesIn(text)));
  return files.flatMap((file, index) =>
    /routes\.ts$/.test(file) ? routesIn(texts[index] ?? '', { service, file, named }) : [],
  );
}

/** Policies that stand under a name of their own, because several routes share them. */
const namedPoliciesIn = (text: string): [string, string][] =>
  [...text.matchAll(/const (\w+) = (\{ scope: '[a-z]+:[a-z]+' \}) as const/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);

function routesIn(
  text: string,
  { service, file, named }: { service: string; file: string; named: ReadonlyMap<string, string> },
): BuiltRoute[] {
  return [...text.matchAll(/method: '[A-Z]+',\s+path: '([^']+)',([\s\S]*?)handle/g)].map(
    ([, path = '', rest = '']) => ({
      service,
      place: `services/${service}/${file} ${path}`,
      path,
      policy: policyIn(rest, named),
    }),
  );
}

function policyIn(text: string, named: ReadonlyMap<string, string>): string | undefined {
  const written = /policy: ('public'|'person'|\{ scope: '[a-z]+:[a-z]+' \}|\w+)/.exec(text)?.[1];
  return /^\w+$/.test(written ?? '') ? named.get(written ?? '') : written;
}

/** Does a route of the catalog send this path to its service? */
function takes(route: string, path: string): boolean {
  const filled = path.replaceAll(/:[a-z]+/gi, 'x');
  return route.endsWith('/*') ? filled.startsWith(route.slice(0, -1)) : filled === route;
}

const catalogRoutes = (service: string): string[] =>
  Object.values(services.find(({ name }) => name === service)?.workloads ?? {}).flatMap(({ routes = [] }) => routes);

describe('the services that are built', () => {
  const all = built.flatMap(({ name }) => routesOf(name));

  it('are seen, with their routes', () => {
    expect(built.map(({ name }) => name)).toContain('analytics');
    expect(all.length).toBeGreaterThanOrEqual(9);
  });

  it('name a policy for every route (E090)', () => {
    expect(all.filter(({ policy }) => policy === undefined).map(({ place }) => place)).toEqual([]);
  });

  it('serve nothing that the catalog does not route to them (E091)', () => {
    const lost = all.filter(({ service, path }) => !catalogRoutes(service).some((route) => takes(route, path)));
    expect(lost.map(({ place }) => place)).toEqual([]);
  });

  it('serve something under every route of the catalog (E091)', () => {
    const empty = built.flatMap(({ name }) => {
      const own = all.filter(({ service }) => service === name).map(({ path }) => path);
      // Every API has its documents below its name; runtime/server.ts adds them.
      const served = [...own, `/api/${name}/openapi.json`];
      return catalogRoutes(name).filter((route) => !served.some((path) => takes(route, path)));
    });
    expect(empty).toEqual([]);
  });

  it('would be found out: a route without a policy, and a path that nobody routes', () => {
    const text = "{ method: 'GET', path: '/api/orders/:id', operationId: 'readOrder', handle: read }";
    const shared = "export const mayWrite = { scope: 'orders:write' } as const;";
    const place = { service: 'order', file: 'routes.ts', named: new Map(namedPoliciesIn(shared)) };
    const [route] = routesIn(text, place);
    expect(route).toMatchObject({ path: '/api/orders/:id', policy: undefined });
    const [sound] = routesIn(text.replace('handle', "policy: 'public', handle"), place);
    expect(sound?.policy).toBe("'public'");
    const [known, lost] = ['mayWrite', 'mayRead'].flatMap((name) =>
      routesIn(text.replace('handle', `policy: ${name}, handle`), place),
    );
    expect([known?.policy, lost?.policy]).toEqual(["{ scope: 'orders:write' }", undefined]);
    expect(takes('/api/orders/*', '/api/orders/:id')).toBe(true);
    expect(takes('/api/orders/*', '/api/orders')).toBe(false);
    expect(takes('/t.js', '/t.js')).toBe(true);
  });
});
