import path from 'node:path';

/**
 * The folder where Graft keeps everything, the same for all shells.
 *
 * @param env `GRAFT_HOME` wins; else the platform's own place.
 */
export function graftHome(env: NodeJS.ProcessEnv, platform: NodeJS.Platform, homedir: string): string {
  if (env['GRAFT_HOME']) return path.resolve(env['GRAFT_HOME']);
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] ?? path.join(homedir, 'AppData', 'Local'), 'Graft');
  if (platform === 'darwin') return path.join(homedir, 'Library', 'Application Support', 'Graft');
  return path.join(env['XDG_DATA_HOME'] ?? path.join(homedir, '.local', 'share'), 'graft');
}

/** Folders and files inside a home. */
export const homePaths = (home: string) => ({
  datasets: path.join(home, 'datasets'),
  runs: path.join(home, 'runs'),
  cache: path.join(home, 'cache'),
  weights: path.join(home, 'weights'),
  exports: path.join(home, 'exports'),
  pictures: path.join(home, 'pictures'),
  settings: path.join(home, 'settings.json'),
  measurements: path.join(home, 'measurements.json'),
});
export type HomePaths = ReturnType<typeof homePaths>;
