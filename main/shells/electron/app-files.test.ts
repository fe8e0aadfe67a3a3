import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { appFiles } from './app-files.ts';

describe('appFiles', () => {
  it('finds everything beside itself in a checkout', () => {
    expect(appFiles('/opt/graft/out/electron', path.posix)).toMatchObject({
      renderer: '/opt/graft/out/renderer',
      preload: '/opt/graft/out/preload.cjs',
      trainer: '/opt/graft/out/workers/trainer.js',
      assets: '/opt/graft/assets',
    });
  });

  it('finds the assets outside the archive of a packed app', () => {
    expect(appFiles('C:\\Graft\\resources\\app.asar\\out\\electron', path.win32).assets).toBe(
      'C:\\Graft\\resources\\app.asar.unpacked\\assets',
    );
  });
});
