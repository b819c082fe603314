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
  const files = readdirSync(join(root, 'services', service)).filter((name) => /routes\.ts$/.test(name));
  return files.flatMap((file) => routesIn(read(`services/${service}/${file}`), { service, file }));
}

function routesIn(text: string, { service, file }: { service: string; file: string }): BuiltRoute[] {
  return [...text.matchAll(/method: '[A-Z]+',\s+path: '([^']+)',([\s\S]*?)handle/g)].map(
    ([, path = '', rest = '']) => ({
      service,
      place: `services/${service}/${file} ${path}`,
      path,
      policy: /policy: ('public'|'person'|\{ scope: '[a-z]+:[a-z]+' \})/.exec(rest)?.[1],
    }),
  );
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
    const empty = built.flatMap(({ name }) =>
      catalogRoutes(name).filter((route) => !all.some(({ service, path }) => service === name && takes(route, path))),
    );
    expect(empty).toEqual([]);
  });

  it('would be found out: a route without a policy, and a path that nobody routes', () => {
    const text = "{ method: 'GET', path: '/api/orders/:id', operationId: 'readOrder', handle: read }";
    const [route] = routesIn(text, { service: 'order', file: 'routes.ts' });
    expect(route).toMatchObject({ path: '/api/orders/:id', policy: undefined });
    const [sound] = routesIn(text.replace('handle', "policy: 'public', handle"), {
      service: 'order',
      file: 'routes.ts',
    });
    expect(sound?.policy).toBe("'public'");
    expect(takes('/api/orders/*', '/api/orders/:id')).toBe(true);
    expect(takes('/api/orders/*', '/api/orders')).toBe(false);
    expect(takes('/t.js', '/t.js')).toBe(true);
  });
});
