import { defineConfig } from 'vitest/config';

const never = ['**/node_modules/**', '**/dist/**', '**/fixtures/**', '.local/**'];
/** One PostgreSQL server for the run; each file makes a database of its own in it. */
const postgres = 'runtime/testing/global-setup.ts';
const wholePlatform = 'e2e/**/*.test.ts';
const wholeCluster = 'e2e/cluster/**/*.test.ts';

/** The clusters' deadlines are for two cores without other work; PATIENCE=3 gives a busy machine three times as long. */
const patience = Number(process.env['PATIENCE'] || '1');

export default defineConfig({
  test: {
    // A process for each file: the suites start servers and change their own environment.
    pool: 'forks',
    maxWorkers: 2,
    // For a machine with other work: many tests run a real command several times.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    allowOnly: false,
    passWithNoTests: false,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          globalSetup: [postgres],
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
          globalSetup: [postgres, 'e2e/global-setup.ts'],
          include: [wholePlatform],
          exclude: [...never, wholeCluster],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          // `make e2e`: these start clusters, with a real API server and a real Argo CD. They measure, so they run alone too.
          name: 'cluster',
          globalSetup: ['e2e/cluster/global-setup.ts'],
          include: [wholeCluster],
          exclude: never,
          fileParallelism: false,
          testTimeout: 180_000 * patience,
          hookTimeout: 300_000 * patience,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
