import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { addFolder, buildWorkers, projectFolder, testBackend } from '../../testing/backend.ts';
import { writeImageTree } from '../../testing/images.ts';
import { temporaryFolder } from '../../testing/temporary.ts';

beforeAll(buildWorkers);

/** Runs the built command line, standing in a folder. */
function graft(home: string, cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(projectFolder, 'out', 'cli.js'), ...args], {
    env: { ...process.env, GRAFT_HOME: home, INIT_CWD: cwd },
    encoding: 'utf8',
  });
  const lines = stdout.trim().split('\n');
  return { code: status, last: args.includes('--json') ? (JSON.parse(lines.at(-1)!) as unknown) : lines, stderr };
}

describe('graft write', () => {
  it('writes a folder as it was mended in the window', async () => {
    const folder = await temporaryFolder();
    await writeImageTree(path.join(folder, 'pets'), { cats: 10, dogs: 10 });
    writeFileSync(path.join(folder, 'pets', 'cats', 'note.jpg'), 'no picture');
    const { client, backend, home } = await testBackend();
    const { datasetId } = await addFolder(client, path.join(folder, 'pets'));
    const where = { className: 'cats', split: 'test' as const };
    await client.call('dataset.edit', { datasetId, edit: { kind: 'exclude', images: { where } } });
    await client.call('dataset.edit', { datasetId, edit: { kind: 'rename-class', from: 'dogs', to: 'con' } });
    await backend.close();

    const { code, last } = graft(home, folder, 'write', 'pets', '--out', 'written', '--json');
    const out = path.join(folder, 'written');
    expect(code).toBe(0);
    expect(last).toMatchObject({ event: 'done', datasetId, out, numImages: 18, numRenamedFiles: 0 });
    expect(last).toMatchObject({ classes: [{ name: 'cats', folder: 'cats', numImages: 8 }, { name: 'con', folder: '_con' }] }); // prettier-ignore
    expect(readdirSync(out).sort()).toEqual(['test', 'train', 'validation']);
    expect(readdirSync(path.join(out, 'test')).sort()).toEqual(['_con', 'cats']);
    expect(graft(home, folder, 'inspect', 'written', '--json').last).toMatchObject({
      layout: 'splits',
      classNames: ['_con', 'cats'],
      files: { used: 18, skipped: [] },
    });
  });

  it('refuses a folder with something in it, and one among the pictures, with exit code 1', async () => {
    const folder = await temporaryFolder();
    const home = path.join(folder, 'home');
    await writeImageTree(path.join(folder, 'pets'), { cats: 3, dogs: 3 });
    mkdirSync(path.join(folder, 'full', 'x'), { recursive: true });
    expect(graft(home, folder, 'write', 'pets', '--out', 'full', '--json')).toMatchObject({
      code: 1,
      last: { event: 'error', code: 'out-not-empty' },
    });
    const inside = graft(home, folder, 'write', 'pets', '--out', 'pets/written');
    expect(inside.code).toBe(1);
    expect(inside.stderr).toContain('Choose a folder elsewhere.');
    expect(graft(home, folder, 'write', 'pets', '--json').code).toBe(2);
  });
});
