import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import { hostileNames } from '../testing/hostile-names.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { Pictures } from './pictures.ts';

describe('Pictures', () => {
  it.skipIf(process.platform === 'win32')(
    'takes no pipe and no device for a picture: it would be read for ever',
    async () => {
      const folder = await temporaryFolder();
      const pictures = new Pictures(folder);
      const pipe = path.join(folder, 'pipe.jpg');
      execFileSync('mkfifo', [pipe]);
      for (const file of [pipe, '/dev/zero'])
        await expect(pictures.add([file])).rejects.toThrow(new GraftError('no-pictures', { path: file }));
    },
  );

  it.skipIf(process.platform === 'win32')(
    'lets files of hostile names in under ids, and no link or pipe beside them',
    async () => {
      const folder = path.join(await temporaryFolder(), 'in');
      mkdirSync(folder);
      const names = hostileNames
        .filter((name) => !name.includes('/') && Buffer.byteLength(name) < 250)
        .map((name) => `${name}.jpg`);
      for (const name of names) writeFileSync(path.join(folder, name), 'x');
      execFileSync('mkfifo', [path.join(folder, 'pipe.jpg')]);
      symlinkSync('/dev/zero', path.join(folder, 'link.jpg'));
      const added = await new Pictures(path.join(folder, '..')).add([folder]);
      expect(added.map(({ name }) => name).sort()).toEqual(names.sort());
      expect(added.filter(({ imageId }) => !/^p\.[0-9a-f-]{36}$/.test(imageId))).toEqual([]);
    },
  );
});
