import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import { ExportFormat, exportOptionsOf } from '../../contract/model.ts';
import { picturesOf, wholeExport } from '../testing/whole-export.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { comparePredictions } from './parity.ts';
import { formats } from './registry.ts';
import type { WrittenExport } from './finish-export.ts';
import { writeExport } from '../testing/write-export.ts';

const context = wholeExport();
const { pixels, expected } = picturesOf(context);
const paths = context.run.images.map((image) => image.path);
afterAll(() => context.model.dispose());

/** Null for a format that no file of this version writes yet. */
async function exported(format: ExportFormat, out: string): Promise<WrittenExport | null> {
  const { predict } = formats[format];
  const verify = async (folder: string) =>
    comparePredictions(expected, await predict!(folder, pixels, context.inputSize, paths));
  return writeExport(format, context, out, verify).catch((error: unknown) => {
    if (error instanceof GraftError && error.code === 'not-yet') return null;
    throw error;
  });
}

describe.each(ExportFormat.options)('an export as %s', (format) => {
  it('takes the options that the contract says', () => {
    expect([...formats[format].takes].sort()).toEqual([...exportOptionsOf[format]].sort());
  });

  it('names no person, machine or folder in any byte, and carries its card', async ({ skip }) => {
    // What a path of this run could have left behind: a folder with a name like a person's.
    const home = await mkdtemp(path.join(tmpdir(), 'jane-doe-secret-'));
    try {
      const written = await exported(format, path.join(home, 'out'));
      if (!written) return skip(`${format} is not written yet`);
      const names = await readdir(path.join(home, 'out'), { recursive: true, withFileTypes: true });
      const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
      expect(files.map((file) => path.basename(file))).toEqual(expect.arrayContaining(['README.md', 'card.json']));
      const { username } = userInfo();
      const secrets = [
        homedir(),
        hostname(),
        home,
        path.basename(home),
        process.cwd(),
        `/${username}/`,
        `\\${username}\\`,
      ];
      for (const file of files) {
        const bytes = await readFile(file);
        // Shorter ones occur by chance.
        for (const secret of secrets.filter(({ length }) => length >= 5)) {
          for (const encoding of ['utf8', 'utf16le'] as const)
            expect(bytes.includes(Buffer.from(secret, encoding)), `${path.basename(file)} holds ${secret}`).toBe(false);
        }
      }
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });

  it('says in about ten lines how to use it', async ({ skip }) => {
    const written = await exported(format, path.join(await temporaryFolder(), 'out'));
    if (!written) return skip(`${format} is not written yet`);
    expect(written.usage.code.split('\n').length).toBeLessThanOrEqual(16);
    expect(written.usage.install).toMatch(/^(pip|npm) install /);
  });
});
