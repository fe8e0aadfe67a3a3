import { spawnSync } from 'node:child_process';
import { readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildWorkers, hasSharedData, photographs, projectFolder } from '../../testing/backend.ts';
import { temporaryFolder } from '../../testing/temporary.ts';

beforeAll(buildWorkers);

describe('graft inspect --map', () => {
  it.skipIf(!hasSharedData)('names a mislabelled photograph and gives each picture its place', async () => {
    const folder = await photographs(8);
    const cats = path.join(folder, 'train', 'cats');
    renameSync(path.join(cats, readdirSync(cats).sort()[0]!), path.join(folder, 'train', 'dogs', 'a-cat.jpg'));
    const home = await temporaryFolder();
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [path.join(projectFolder, 'out', 'cli.js'), 'inspect', folder, ...args], {
        env: { ...process.env, GRAFT_HOME: home },
        encoding: 'utf8',
      }).stdout;
    const done = JSON.parse(run('--map', '--json').trim().split('\n').at(-1)!) as Record<string, unknown>;
    expect(done['suspects']).toContainEqual({
      path: 'train/dogs/a-cat.jpg',
      className: 'dogs',
      suggested: 'cats',
      share: expect.any(Number) as number,
    });
    const { points, ...map } = done['map'] as { points: { path: string; className: string; x: number; y: number }[] };
    expect(map).toMatchObject({ backboneId: 'efficientnet-lite0', numImages: 48, numShown: 48, similar: [] });
    expect(points.map((point) => point.path).sort()).toEqual(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.jpg'))
        .sort(),
    );
    expect(points.every(({ x, y, className }) => x >= 0 && x <= 1 && y >= 0 && y <= 1 && className !== '')).toBe(true);
    expect(run('--map')).toContain('label suspect: train/dogs/a-cat.jpg (labelled dogs');
    expect(JSON.parse(run('--json').trim().split('\n').at(-1)!)).not.toHaveProperty('map');
  });
});
