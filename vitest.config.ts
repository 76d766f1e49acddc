import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The compiled kernels must be those of the sources.
    globalSetup: ['infra/kernels.ts'],
    // Two cores: more workers than that only make the synthesis and local-host tests fight for them.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
