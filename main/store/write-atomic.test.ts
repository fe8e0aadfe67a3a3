import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeFileAtomic } from './write-atomic.ts';

const NUM_KILLS = Number(process.env['GRAFT_NUM_KILLS'] ?? 15);

describe('writeFileAtomic', () => {
  it('writes the file, makes its folder and leaves nothing beside it', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'deep', 'er', 'settings.json');
    await writeFileAtomic(file, 'one');
    await writeFileAtomic(file, 'two');
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(readdirSync(path.dirname(file))).toEqual(['settings.json']);
  });
  it('says what cannot be written, and keeps the old content', async () => {
    const folder = await temporaryFolder();
    writeFileSync(path.join(folder, 'file'), 'old');
    await expect(writeFileAtomic(path.join(folder, 'file', 'below'), 'x')).rejects.toMatchObject({
      code: 'cannot-write',
      params: { problem: expect.stringMatching(/ENOTDIR|EEXIST/) as unknown },
    });
    mkdirSync(path.join(folder, 'taken'));
    await expect(writeFileAtomic(path.join(folder, 'taken'), 'x')).rejects.toMatchObject({ code: 'cannot-write' });
    expect(readFileSync(path.join(folder, 'file'), 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
  });
  it('leaves the old or the new content, whole, when killed at any moment', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'state.json');
    const program = path.join(folder, 'program.mjs');
    const contents = `import { writeFileAtomic } from './write-atomic.ts';
      for (let i = 0; ; i++) { await writeFileAtomic(process.argv[2], JSON.stringify({ i, text: String(i % 10).repeat(200000) })); process.stdout.write('.'); }`;
    buildSync({
      stdin: { contents, resolveDir: import.meta.dirname },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
    for (let kill = 0; kill < NUM_KILLS; kill++) {
      const child = spawn(process.execPath, [program, file]);
      await new Promise<void>((resolve) => {
        let numWritten = 0;
        child.stdout.on('data', (dots: Buffer) => {
          numWritten += dots.length;
          if (numWritten > kill % 7) child.kill('SIGKILL');
        });
        child.on('exit', () => resolve());
      });
      const { i, text } = JSON.parse(readFileSync(file, 'utf8')) as { i: number; text: string };
      expect(text).toBe(String(i % 10).repeat(200000));
    }
  });
});
