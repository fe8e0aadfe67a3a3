import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/paths.mjs';

/** Builds the renderer into out/renderer with Vite, unless there is none yet. */
export async function buildRenderer() {
  if (!existsSync(join(root, 'renderer', 'index.html'))) return;
  const { build } = await import('vite');
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
}
