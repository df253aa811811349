import {defineConfig} from 'vitest/config';

/** Two files at a time, also of those that start processes: they mostly wait for clocks. scripts/test.ts runs kind after kind. */
export default defineConfig({
  oxc: {jsx: {runtime: 'automatic'}},
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/.tmp/**'],
    pool: 'forks',
    execArgv: ['--disable-proto=throw'],
    globalSetup: ['test/support/test-homes.ts'],
    setupFiles: ['test/support/own-environment.ts'],
    maxWorkers: 2,
    // Only a hang may reach them: no test says by its limit how fast something is, and none has one of its own.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: {poll: {timeout: 60_000}},
    teardownTimeout: 10_000,
  },
});
