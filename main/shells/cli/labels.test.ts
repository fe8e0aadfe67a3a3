import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildWorkers, projectFolder } from '../../testing/backend.ts';
import { writeImageTree } from '../../testing/images.ts';
import { temporaryFolder } from '../../testing/temporary.ts';

beforeAll(buildWorkers);

describe('graft inspect and write with a list of labels', () => {
  it('count by the list, name what it gets wrong, and write its classes as folders', async () => {
    const beside = await temporaryFolder();
    const folder = path.join(beside, 'pets');
    await writeImageTree(folder, { images: 6 });
    const rows = [1, 2, 3, 4].map((n) => `images\\${n}.jpg;${n < 3 ? '고양이' : '강아지'};${n % 2 ? 'train' : 'val'}`);
    writeFileSync(path.join(folder, 'labels.csv'), `File;Class;Set\n${rows.join('\n')}\nimages/9.jpg;고양이;train\n`);
    const graft = (...args: string[]) => {
      const cli = path.join(projectFolder, 'out', 'cli.js');
      const env = { ...process.env, GRAFT_HOME: path.join(folder, 'home'), INIT_CWD: folder };
      const { status, stdout } = spawnSync(process.execPath, [cli, ...args], { env, encoding: 'utf8' });
      return { code: status, lines: stdout.trim().split('\n') };
    };
    const last = ({ lines }: { lines: string[] }) => JSON.parse(lines.at(-1)!) as Record<string, unknown>;

    const inspected = graft('inspect', 'labels.csv', '--json');
    expect(inspected.code).toBe(0);
    expect(last(inspected)).toMatchObject({
      event: 'done',
      layout: 'splits',
      classNames: ['강아지', '고양이'],
      labels: { file: 'labels.csv', numUnlisted: 2 },
      files: { used: 4, skipped: [{ path: 'images/9.jpg', reason: 'missing-file' }] },
    });
    const text = graft('inspect', 'labels.csv').lines.join('\n');
    expect(text).toContain('4 pictures, 2 classes, split from the list');
    expect(text).toContain('not in the list: 2 files');

    expect(graft('write', 'labels.csv', '--out', '../written').code).toBe(0);
    expect(readdirSync(path.join(beside, 'written', 'validation'))).toEqual(['강아지', '고양이']);

    writeFileSync(path.join(folder, 'labels.csv'), 'File;Class\nimages/1.jpg;"cat\n');
    const refused = graft('inspect', 'labels.csv', '--json');
    expect([refused.code, last(refused)['code']]).toEqual([1, 'labels-not-readable']);
    expect(last(refused)['message']).toMatch(/^labels\.csv, line 2: a quote is not closed/);
  });
});
