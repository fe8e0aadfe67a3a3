import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildWorkers, projectFolder } from '../../testing/backend.ts';
import { writeImageTree } from '../../testing/images.ts';
import { temporaryFolder } from '../../testing/temporary.ts';
import { writeTinyModel } from '../../testing/tiny-model.ts';

beforeAll(buildWorkers);

describe('graft import', () => {
  it(
    'opens a model that ends in a sigmoid, answers, measures, trains on and writes it',
    { timeout: 300_000 },
    async () => {
      const folder = await temporaryFolder();
      const graft = (...args: string[]) => {
        const cli = path.join(projectFolder, 'out', 'cli.js');
        const env = { ...process.env, GRAFT_HOME: path.join(folder, 'home'), INIT_CWD: folder };
        const { status, stdout } = spawnSync(process.execPath, [cli, ...args, '--json'], { env, encoding: 'utf8' });
        return { code: status, last: JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown> };
      };
      await writeImageTree(path.join(folder, 'pets'), { cats: 6, dogs: 6 });
      await writeTinyModel(path.join(folder, 'model'), { units: 1, activation: 'sigmoid' });
      writeFileSync(path.join(folder, 'indices.json'), '{"cats": 0, "dogs": 1}');
      writeFileSync(path.join(folder, 'wrong.txt'), 'cats\ndogs\nbirds\n');

      const wrong = graft('import', 'model', '--labels', 'wrong.txt');
      expect(wrong).toMatchObject({
        code: 1,
        last: { code: 'class-names-count', params: { numClasses: 2, numNames: 3 } },
      });
      const imported = graft('import', 'model', '--labels', 'indices.json', '--name', 'Pets');
      expect(imported).toMatchObject({
        code: 0,
        last: { event: 'done', classNames: ['cats', 'dogs'], classNamesFrom: 'given' },
      });
      const runId = String(imported.last['runId']);
      expect(graft('runs').last['runs']).toMatchObject([{ runId, datasetName: 'Pets', phase: 'finished' }]);
      expect(graft('show', runId).last).toMatchObject({ imported: { sourceFile: 'model.json' }, epochs: [] });
      expect(graft('predict', runId, 'pets').last).toMatchObject({ numImages: 12, classNames: ['cats', 'dogs'] });
      expect(graft('evaluate', runId).last).toMatchObject({ code: 'run-without-data' });
      expect(graft('evaluate', runId, '--data', 'pets').last).toMatchObject({ event: 'done', numImages: 12 });
      const tuned = graft('fine-tune', runId, '--data', 'pets', '--epochs', '1');
      expect(tuned).toMatchObject({
        code: 0,
        last: { event: 'done', parentRunId: runId, classNames: ['cats', 'dogs'] },
      });
      const exported = graft('export', runId, '--format', 'tfjs', '--out', 'out', '--data', 'pets');
      expect(exported).toMatchObject({ code: 0, last: { parity: { numImages: 12, numChangedLabels: 0 } } });
      expect(readdirSync(path.join(folder, 'out'))).toContain('model.json');
    },
  );
});
