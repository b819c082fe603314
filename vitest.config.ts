import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts', '**/*.test.tsx'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/fixtures/**', '.local/**'],
    // One PostgreSQL server for the run; each file makes a database of its own in it.
    globalSetup: ['runtime/testing/global-setup.ts'],
    // A process for each file: the suites start servers and databases of their own.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // A promise that nobody handled and a leftover process are failures, not noise.
    dangerouslyIgnoreUnhandledErrors: false,
    allowOnly: false,
    passWithNoTests: false,
    unstubEnvs: true,
  },
});
