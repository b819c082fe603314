import { z } from 'zod';
import { readJson, writeAtomically } from './disk-state.ts';

/** What `<DATA_DIR>/endpoints.json` says while the platform is ready. */
export const endpointsFile = z.object({
  gateway: z.url(),
  aws: z.url(),
  /** Tells the AWS-compatible endpoint to fail, delay, duplicate. */
  control: z.url(),
  issuer: z.url(),
  services: z.record(z.string(), z.url()),
  databases: z.record(z.string(), z.string()),
  pids: z.record(z.string(), z.int()),
});
export type Endpoints = z.output<typeof endpointsFile>;

export async function writeEndpoints(path: string, endpoints: Endpoints): Promise<void> {
  await writeAtomically(path, `${JSON.stringify(endpoints, null, 2)}\n`);
}

/** @returns nothing while the platform is not ready. */
export async function readEndpoints(path: string): Promise<Endpoints | undefined> {
  const text = await readJson(path);
  return text === undefined ? undefined : endpointsFile.parse(text);
}
