import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { allowedNewPath, allowedPath, isInside } from './allowed-path.ts';

async function tree() {
  const folder = realpathSync(await temporaryFolder());
  const root = path.join(folder, 'root');
  mkdirSync(path.join(root, 'in'), { recursive: true });
  mkdirSync(path.join(folder, 'root-beside'));
  writeFileSync(path.join(folder, 'secret'), 'canary');
  symlinkSync(folder, path.join(root, 'out'));
  return { folder, root };
}

describe('allowedPath', () => {
  it('lets in what lies under a root', async () => {
    const { root } = await tree();
    expect(await allowedPath(path.join(root, 'in'), [root])).toBe(path.join(root, 'in'));
    expect(await allowedPath(root, [root])).toBe(root);
  });
  it('refuses what leads out, by dots, by name, by a link or not at all there', async () => {
    const { folder, root } = await tree();
    for (const given of [
      `${root}/../secret`,
      folder,
      path.join(folder, 'root-beside'),
      path.join(root, 'out', 'secret'),
      '/etc/passwd',
      '/nowhere/at/all',
      'in',
      `${root}\0/in`,
      '',
      '..',
    ])
      await expect(allowedPath(given, [root]), given).rejects.toMatchObject({ code: 'path-not-allowed' });
  });
  it('says that a path is missing only to those who may look there', async () => {
    const { root } = await tree();
    await expect(allowedPath(path.join(root, 'gone'), [root])).rejects.toMatchObject({ code: 'path-not-found' });
    await expect(allowedPath('/nowhere/at/all', null)).rejects.toMatchObject({ code: 'path-not-found' });
  });
  it('lets in nothing where no root is declared', async () => {
    await expect(allowedPath('/', [])).rejects.toMatchObject({ code: 'path-not-allowed' });
  });
});

describe('allowedNewPath', () => {
  it('judges a folder that is not there yet by where it would lie', async () => {
    const { folder, root } = await tree();
    expect(await allowedNewPath(path.join(root, 'new', 'one'), [root])).toBe(path.join(root, 'new', 'one'));
    await expect(allowedNewPath(path.join(root, 'out', 'new'), [root])).rejects.toMatchObject({
      code: 'path-not-allowed',
    });
    await expect(allowedNewPath(path.join(folder, 'new'), [root])).rejects.toMatchObject({ code: 'path-not-allowed' });
  });
});

describe('isInside', () => {
  it('is not fooled by a common beginning or by names that begin with dots', () => {
    expect(isInside('/a/bc', '/a/b')).toBe(false);
    expect(isInside('/a/b/..c', '/a/b')).toBe(true);
    expect(isInside('/a', '/a/b')).toBe(false);
  });
});
