import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', '**/dist/**'],
    // Real processes, sockets and disks on a small machine: the limit only ends what hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['firmware-protocols/**/*.ts'],
      exclude: ['firmware-protocols/proof/**', '**/*.test.ts'],
      reporter: ['text-summary', ['text', { skipFull: true }]],
      thresholds: { lines: 100 },
    },
  },
})
