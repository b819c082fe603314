import { startPlatform } from './platform.ts';

/** Who cancels a confirmed order, in a browser perhaps, has so long before it is shipped. */
const variables = { SHIP_AFTER_SECONDS: '20', DELIVER_AFTER_SECONDS: '5' };

/** Vitest calls this once for a run: one platform for the tests that only use it. Those that break it start their own. */
export async function setup(): Promise<() => Promise<void>> {
  const platform = await startPlatform({ variables });
  process.env.TEST_PLATFORM_DIR = platform.dataDir;
  return () => platform.stop();
}
