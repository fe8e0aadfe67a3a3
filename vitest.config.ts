import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { versionDefine } from './scripts/build/version.mjs';
import { watForVite } from './scripts/build/wat.mjs';

/**
 * Left out of `npm run check`: tests that train, build every backbone, draw thousands of pictures or start the program time
 * and again. They took most of the time of all; what they stand for is tested in parts beside them.
 */
const slow = [
  'main/backbones/registry.table.test.ts',
  'main/backend/{export-pictures,fine-tune,fine-tune-again,find-learning-rate,resume,brought,import-model,export-own-data}.test.ts',
  'main/backend/{dataset-edits,dataset-maps,dataset-writes,decode-files,verification,changed-data}.test.ts',
  'main/backend/{arriving-data,added-pictures,packed-data,labelled-data,backend,contract-walk}.test.ts',
  'main/shells/cli/{cli,write,import}.test.ts',
  'main/dataset/{near-duplicates,unpack}.test.ts',
  'main/export/{usage,tflite}.test.ts',
];
const left = process.env['GRAFT_FAST'] === '1' ? slow : [];

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
        plugins: [watForVite],
        test: {
          name: 'node',
          // renderer/styles: its test reads the style sheet as a file, which code compiled for a browser cannot.
          include: ['{contract,strings,main,preload,scripts,bench,tools,web-page,renderer/styles}/**/*.test.ts'],
          exclude: left,
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
