import { defineConfig } from 'vitest/config';

const never = ['**/node_modules/**', '**/dist/**', '**/fixtures/**', '.local/**'];
const wholePlatform = 'e2e/**/*.test.ts';

export default defineConfig({
  test: {
    // One PostgreSQL server for the run; each file makes a database of its own in it.
    globalSetup: ['runtime/testing/global-setup.ts'],
    // A process for each file: the suites start servers and change their own environment.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    allowOnly: false,
    passWithNoTests: false,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...never, wholePlatform],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          // These start the platform as a user does and measure it: alone, after everything else.
          name: 'whole',
          globalSetup: ['e2e/global-setup.ts'],
          include: [wholePlatform],
          exclude: never,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
