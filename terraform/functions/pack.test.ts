import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { functionNames, packFunction } from './pack.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-functions-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(functionNames)('%s', (name) => {
  test('is packed to the same bytes each time, whatever the time zone', async () => {
    const first = await packFunction(name);
    setTimeZone('Pacific/Auckland');
    const second = await packFunction(name);
    setTimeZone(undefined);
    expect(Buffer.compare(first, second)).toBe(0);
  });

  test('holds one module, which asks for nothing but Node and the AWS SDK', async () => {
    const files = unzipSync(await packFunction(name));
    expect(Object.keys(files)).toEqual(['index.mjs']);
    const text = Buffer.from(files['index.mjs'] ?? []).toString();
    const asked = [...text.matchAll(/^(?:import|export) .*? from "([^"]+)"/gms)].map(([, module]) => module ?? '');
    expect(asked.filter((module) => !/^(node:|@aws-sdk\/)/.test(module))).toEqual([]);
  });
});

test('the token function runs as Lambda runs it', async () => {
  const files = unzipSync(await packFunction('token'));
  const path = join(folder, 'index.mjs');
  await writeFile(path, files['index.mjs'] ?? '');
  process.env['SCOPES'] = 'products:write';
  const { handler } = (await import(pathToFileURL(path).href)) as typeof import('./token/handler.ts');
  const request = { groupConfiguration: { groupsToOverride: ['scope:products:write'] } };
  expect((await handler({ request, response: {} })).response).toEqual({
    claimsAndScopeOverrideDetails: { accessTokenGeneration: { scopesToAdd: ['products:write'], scopesToSuppress: [] } },
  });
});

function setTimeZone(zone: string | undefined): void {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
}
