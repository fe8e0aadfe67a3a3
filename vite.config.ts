import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { versionDefine } from './scripts/build/version.mjs';

export default defineConfig({
  root: 'renderer',
  base: './', // the same files are served by Electron's own scheme and by the web shell
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
  define: versionDefine(),
  build: {
    outDir: '../out/renderer',
    emptyOutDir: true,
    sourcemap: true,
    assetsInlineLimit: 0, // the content security policy allows no data: addresses
    modulePreload: { polyfill: false },
  },
});
