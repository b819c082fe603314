import { startPlatform } from './platform.ts';

/** Vitest calls this once for a run: one platform for the tests that only use it. Those that break it start their own. */
export async function setup(): Promise<() => Promise<void>> {
  const platform = await startPlatform();
  process.env.TEST_PLATFORM_DIR = platform.dataDir;
  return () => platform.stop();
}
