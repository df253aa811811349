import {defineConfig} from 'vitest/config';

/** Two files at a time, also of those that start processes: they mostly wait for clocks. scripts/test.ts runs kind after kind. */
export default defineConfig({
  oxc: {jsx: {runtime: 'automatic'}},
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/.tmp/**'],
    pool: 'forks',
    execArgv: ['--disable-proto=throw'],
    setupFiles: ['test/support/own-environment.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
