import path from 'node:path';

/**
 * Where the built files lie.
 *
 * @param here Folder of the built `app.js`: `<root>/out/electron`.
 * @returns absolute paths; `assets` outside the archive of a packaged app, since workers read it with native code.
 */
export function appFiles(here: string, paths: path.PlatformPath = path) {
  const out = paths.dirname(here);
  const root = paths.dirname(out);
  return {
    renderer: paths.join(out, 'renderer'),
    preload: paths.join(out, 'preload.cjs'),
    backend: paths.join(here, 'backend.js'),
    trainer: paths.join(out, 'workers', 'trainer.js'),
    media: paths.join(out, 'workers', 'media.js'),
    assets: paths.join(paths.basename(root) === 'app.asar' ? `${root}.unpacked` : root, 'assets'),
  };
}
