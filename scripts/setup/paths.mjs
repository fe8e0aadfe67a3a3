import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The package whose native parts the set-up puts in place. */
export const tfjsNode = join(root, 'node_modules', '@tensorflow', 'tfjs-node');

/** Returns the folder that all clones of one user share, so that the second clone downloads and compiles nothing. */
export function cacheFolder(env = process.env, platform = process.platform, home = homedir()) {
  if (env.GRAFT_CACHE) return env.GRAFT_CACHE;
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'Graft', 'Cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'Graft');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'graft');
}
