import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadCatalog } from './load.ts';
import { services } from './services.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-catalog-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Writes a catalog of several files and loads its `services.ts`. */
async function load(files: Record<string, string>) {
  const folder = mkdtempSync(join(root, 'case-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return loadCatalog(join(folder, 'services.ts'));
}

const serviceFile = pathToFileURL(join(import.meta.dirname, 'service.ts')).href;

describe('a catalog', () => {
  it('is loaded with its services', async () => {
    expect(await loadCatalog(join(import.meta.dirname, 'services.ts'))).toEqual({ services });
  });

  it.each([
    ['E001', 'that is missing', {}, 'there is no such file'],
    ['E001', 'that is empty', { 'services.ts': ' \n' }, 'the file is empty'],
    ['E001', 'that exports something else', { 'services.ts': 'export const service = [];' }, 'exports no services'],
    ['E001', 'without services', { 'services.ts': 'export const services = [];' }, 'services is empty'],
    ['E002', 'with broken syntax', { 'services.ts': 'export const services = [' }, 'does not load'],
    [
      'E002',
      'that asks for a file that is not there',
      { 'services.ts': "import { a } from './gone.ts';\nexport const services = [a];" },
      'gone.ts',
    ],
    ['E002', 'that throws', { 'services.ts': "throw new TypeError('no such event');" }, 'TypeError: no such event.'],
    [
      'E002',
      'with a call that cannot be',
      { 'services.ts': 'const on = undefined as any;\nexport const services = [on(1)];' },
      'on is not a function',
    ],
    [
      'E003',
      'that imports itself',
      { 'services.ts': "import './services.ts';\nexport const services = [1];" },
      'services.ts → ',
    ],
    [
      'E003',
      'whose imports go round',
      {
        'services.ts': "import { b } from './b.ts';\nexport const services = [b];",
        'b.ts': "import { c } from './c.ts';\nexport const b = c;",
        'c.ts': "import {\n  b,\n} from './b.ts';\nexport const c = () => b;",
      },
      'Move what both need into a file of its own',
    ],
    [
      'E003',
      'whose imports go round after a route that looks like a comment',
      {
        'services.ts':
          "const route = '/api/order/*';\nimport { b } from './b.ts';\n/** All. */\nexport const services = [b, route];",
        'b.ts': "import { services } from './services.ts';\nexport const b = () => services;",
      },
      'services.ts → ',
    ],
    [
      'E003',
      'whose imports go round after a regular expression and a template with signs of comments and texts',
      {
        'services.ts':
          "const form = /^[\"'`]\\/*$/;\nconst glob = `'/*`;\nimport { b } from './b.ts';\n/** All. */\nexport const services = [b, form, glob];",
        'b.ts': "import { services } from './services.ts';\nexport const b = () => services;",
      },
      'services.ts → ',
    ],
    [
      'E004',
      'whose services are an object',
      { 'services.ts': 'export const services = { order: {} };' },
      'not an array',
    ],
  ])('is refused with %s %s', async (code, _, files, message) => {
    const loaded = await load(files as Record<string, string>);
    if (!('faults' in loaded)) throw new Error('it was loaded');
    expect(loaded.faults).toEqual([
      { place: expect.stringContaining('/'), code, message: expect.stringContaining(message) },
    ]);
    expect(loaded.faults[0]?.message).toMatch(/^[^\n]+\.$/);
    expect(loaded.faults[0]?.message).not.toMatch(/\bat .*:\d+:\d+/);
  });

  it('may import types in a circle, which are gone at run time', async () => {
    const loaded = await load({
      'services.ts': `import { service } from '${serviceFile}';\nimport { b } from './b.ts';\nexport interface A { a: 1 }\nexport const services = [service('a', b)];`,
      'b.ts': "import type { A } from './services.ts';\nexport const b = {} as A;",
    });
    expect(loaded).toHaveProperty('services');
  });

  it('may speak of imports that would go round, in comments and in a template', async () => {
    const loaded = await load({
      'services.ts':
        "/*\nimport './services.ts';\n*/\n// Don't: import './services.ts';\nconst text = `\nimport './services.ts';\n`;\nexport const services = [text];",
    });
    expect(loaded).toHaveProperty('services');
  });

  it('may not be a folder', async () => {
    mkdirSync(join(root, 'folder'));
    expect(await loadCatalog(join(root, 'folder'))).toMatchObject({ faults: [{ code: 'E001' }] });
  });
});
