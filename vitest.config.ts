import {defineConfig} from 'vitest/config';

/** Unit tests run side by side; what starts processes runs a file at a time: scripts/test.ts calls both. */
export default defineConfig({
  oxc: {jsx: {runtime: 'automatic'}},
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/.tmp/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
  },
});
