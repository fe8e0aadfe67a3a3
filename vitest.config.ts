import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { versionDefine } from './scripts/build/version.mjs';

export default defineConfig({
  define: versionDefine(),
  test: {
    pool: 'forks', // TensorFlow's addon does not load in a second thread of one process
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          // renderer/styles: its test reads the style sheet as a file, which code compiled for a browser cannot.
          include: ['{contract,strings,main,preload,scripts,bench,tools,web-page,renderer/styles}/**/*.test.ts'],
        },
      },
      {
        extends: true,
        plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'renderer',
          include: ['renderer/**/*.test.ts'],
          exclude: ['renderer/styles/**'],
          environment: './scripts/test/client-environment.ts',
        },
      },
    ],
  },
});
