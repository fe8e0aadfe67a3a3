import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ExportFormat, ExportReport } from '../../contract/model.ts';
import { addFolder, ended, settled, testBackend } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import type { SpawnWorker } from './backend.ts';

/** A finished run on twelve pictures of a folder; exports go to `out`, whose parents are not there either. */
async function trained(aroundWorkers?: (spawn: SpawnWorker) => SpawnWorker) {
  const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
  await writeImageTree(folder, { cats: 6, dogs: 6 });
  const { backend, client, home } = await testBackend(aroundWorkers && { aroundWorkers });
  const { datasetId } = await addFolder(client, folder);
  const model = await writeTinyModel(await temporaryFolder(), { units: 2, activation: 'softmax' });
  const { id: backbone } = await client.call('backbone.bring', { path: model });
  const { runId } = await client.call('run.start', { datasetId, recipe: { epochs: 1, backbone } });
  expect((await ended(client, runId)).error).toBeNull();
  const out = path.join(outside, 'not', 'there');
  const begin = async (format: ExportFormat) => (await client.call('model.export', { runId, format, out })).exportId;
  const exported = async (format: ExportFormat = 'tfjs'): Promise<ExportReport> => {
    const exportId = await begin(format);
    return settled(
      () => client.call('model.exported', { exportId }),
      ({ phase }) => phase !== 'running',
    );
  };
  return { backend, home, outside, out, file: path.join(folder, 'cats', '1.jpg'), begin, exported };
}

describe('the proof of an export', () => {
  it(
    'rests on pictures as they are now: one that is gone or broken is named, and nothing is left of the export',
    { timeout: 300_000 },
    async () => {
      const { file, outside, out, exported } = await trained();
      rmSync(file);
      expect(await exported()).toMatchObject({
        phase: 'failed',
        error: { code: 'dataset-changed', params: { numFiles: 1, files: ['cats/1.jpg'] } },
      });
      writeFileSync(file, 'no picture');
      expect(await exported()).toMatchObject({
        phase: 'failed',
        error: { code: 'image-not-readable', params: { name: 'cats/1.jpg', reason: 'not-an-image' } },
      });
      expect(readdirSync(outside)).toEqual([]);

      const other = await temporaryFolder();
      await writeImageTree(other, { others: 13 });
      await copyFile(path.join(other, 'others', '13.jpg'), file);
      expect(await exported()).toMatchObject({ phase: 'finished', parity: { numImages: 12, numChangedLabels: 0 } });
      expect(existsSync(path.join(out, 'parity.json'))).toBe(true);
    },
  );

  it(
    'takes no damaged cache for the app: a model is proved by the network then, and features are refused',
    { timeout: 300_000 },
    async () => {
      const { home, outside, out, exported } = await trained();
      const features = path.join(home, 'cache', 'features');
      const kept = readdirSync(features, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.f32'));
      expect(kept.length).toBeGreaterThan(0);
      for (const name of kept) {
        const file = path.join(features, name);
        const values = new Float32Array(readFileSync(file).length / 4);
        writeFileSync(
          file,
          values.map((_, index) => (index % 7) - 3),
        );
      }
      expect(await exported('features')).toMatchObject({ phase: 'failed', error: { code: 'export-differs' } });
      expect(readdirSync(outside)).toEqual([]);
      expect(await exported()).toMatchObject({ phase: 'finished', parity: { numImages: 12, numChangedLabels: 0 } });

      rmSync(out, { recursive: true });
      rmSync(features, { recursive: true });
      writeFileSync(features, 'no folder');
      expect(await exported()).toMatchObject({ phase: 'finished', parity: { numImages: 12, numChangedLabels: 0 } });
    },
  );

  it(
    'is asked of a process that did not write; whichever dies, or is closed with the app, nothing is left of the export',
    { timeout: 300_000 },
    async () => {
      const asked: { method: string; pid: number | undefined; ended: unknown[] }[] = [];
      const ended: unknown[] = []; // processes
      let deadly = '';
      const { backend, outside, out, begin, exported } = await trained((spawn) => (entry, env) => {
        const worker = spawn(entry, env);
        return {
          ...worker,
          kill() {
            ended.push(worker.pid);
            worker.kill();
          },
          send(message) {
            const { method = '' } = message as { method?: string };
            asked.push({ method, pid: worker.pid, ended: [...ended] });
            if (method === deadly) worker.kill();
            else worker.send(message);
          },
        };
      });
      for (deadly of ['export', 'verify']) {
        expect(await exported()).toMatchObject({ phase: 'failed', error: { code: 'worker-died' } });
        expect(readdirSync(outside)).toEqual([]);
      }
      deadly = '';
      asked.splice(0);
      expect((await exported()).error).toBeNull();
      const [writing, reading] = asked.filter(({ method }) => ['export', 'verify'].includes(method));
      expect([writing!.method, reading!.method]).toEqual(['export', 'verify']);
      expect(reading!.pid).not.toBe(writing!.pid);
      expect(reading!.ended).toContain(writing!.pid); // its memory is free before the proof needs some

      rmSync(out, { recursive: true });
      rmSync(path.dirname(out), { recursive: true });
      await begin('tfjs');
      await backend.close();
      expect(readdirSync(outside)).toEqual([]);
    },
  );
});
