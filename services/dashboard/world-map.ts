import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { geoCentroid, geoNaturalEarth1, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { Plugin } from 'vite';

const moduleName = 'virtual:world-map';
const width = 960;
const antarctica = 'AQ';
/** Below this size (in units of the drawing) a country gets a dot that can be seen and pointed at. */
const minArea = 6;

interface MapCountry {
  /** ISO 3166-1 alpha-2; empty for a territory without a code. */
  code: string;
  outline: string;
  /** Where the dot of a small country stands. */
  dot?: [number, number];
}

type World = Parameters<typeof feature>[0];

/** Draws the world once, at build time: the page gets finished outlines and needs no projection of its own. */
export function worldMap(): Plugin {
  return {
    name: 'world-map',
    resolveId: (id) => (id === moduleName ? `\0${moduleName}` : undefined),
    load: async (id) =>
      id === `\0${moduleName}` ? `export const world = ${JSON.stringify(await drawWorld())};` : undefined,
  };
}

/** The outlines in a drawing of 960 units width. Countries that the coarse map leaves out come as dots from the finer one. */
export async function drawWorld(): Promise<{ width: number; height: number; countries: MapCountry[] }> {
  const [coarse, fine] = await Promise.all([readWorld('countries-110m.json'), readWorld('countries-50m.json')]);
  const land = {
    ...coarse,
    features: coarse.features.filter((country) => codeOf(country.id) !== antarctica),
  };
  const projection = geoNaturalEarth1().rotate([-11, 0]).fitWidth(width, land);
  const path = geoPath(projection).digits(1);
  const [, [, bottom]] = path.bounds(land);
  const countries: MapCountry[] = land.features.map((country) => ({
    code: codeOf(country.id),
    outline: path(country) ?? '',
  }));
  const drawn = new Map(countries.map((country) => [country.code, country]));
  const visible = new Set(land.features.filter((country) => path.area(country) >= minArea).map(({ id }) => codeOf(id)));
  for (const country of fine.features) {
    const code = codeOf(country.id);
    const point = projection(geoCentroid(country));
    const known = drawn.get(code);
    if (!code || code === antarctica || !point || visible.has(code)) continue;
    const dot: [number, number] = [round(point[0]), round(point[1])];
    if (known) known.dot = dot;
    else countries.push({ code, outline: '', dot });
  }
  return { width, height: Math.ceil(bottom) + 4, countries };
}

async function readWorld(file: string) {
  const path = createRequire(import.meta.url).resolve(`world-atlas/${file}`);
  const world = JSON.parse(await readFile(path, 'utf8')) as World;
  const drawn = feature(world, world.objects['countries'] as Parameters<typeof feature>[1]);
  return 'features' in drawn ? drawn : { ...noCountries, features: [drawn] };
}

/** The atlas has numeric codes; CLDR knows which letters they stand for. */
function codeOf(id: string | number | undefined): string {
  if (id === undefined) return '';
  return new Intl.Locale(`und-${String(id).padStart(3, '0')}`).region ?? '';
}

const noCountries = { type: 'FeatureCollection' } as const;

const round = (value: number): number => Math.round(value * 10) / 10;
