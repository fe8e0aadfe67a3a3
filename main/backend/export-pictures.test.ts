import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ExportReport } from '../../contract/model.ts';
import { addFolder, ended, settled, testBackend } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';
import type { SpawnWorker } from './backend.ts';

/** A finished run on twelve pictures of a folder; exports go into `out`, which no export has made yet. */
async function trained(aroundWorkers?: (spawn: SpawnWorker) => SpawnWorker) {
  const [folder, outside] = [await temporaryFolder(), await temporaryFolder()];
  await writeImageTree(folder, { cats: 6, dogs: 6 });
  const { client } = await testBackend(aroundWorkers && { aroundWorkers });
  const { datasetId } = await addFolder(client, folder);
  const model = await writeTinyModel(await temporaryFolder(), { units: 2, activation: 'softmax' });
  const { id: backbone } = await client.call('backbone.bring', { path: model });
  const { runId } = await client.call('run.start', { datasetId, recipe: { epochs: 1, backbone } });
  expect((await ended(client, runId)).error).toBeNull();
  const out = path.join(outside, 'out');
  const exported = async (): Promise<ExportReport> => {
    const { exportId } = await client.call('model.export', { runId, format: 'tfjs', out });
    return settled(
      () => client.call('model.exported', { exportId }),
      ({ phase }) => phase !== 'running',
    );
  };
  return { file: path.join(folder, 'cats', '1.jpg'), out, exported };
}

describe('the proof of an export', () => {
  it('rests on pictures as they are now: one that is gone or broken is named, and nothing is left of the export', async () => {
    const { file, out, exported } = await trained();
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
    expect(readdirSync(path.dirname(out))).toEqual([]);

    const other = await temporaryFolder();
    await writeImageTree(other, { others: 13 });
    await copyFile(path.join(other, 'others', '13.jpg'), file);
    expect(await exported()).toMatchObject({
      phase: 'finished',
      parity: { numImages: 12, numChangedLabels: 0 },
    });
    expect(existsSync(path.join(out, 'parity.json'))).toBe(true);
  });

  it('is asked of a process that did not write; whichever dies, nothing is left of the export', async () => {
    const asked: { method: string; pid: number | undefined }[] = [];
    let deadly = '';
    const { out, exported } = await trained((spawn) => (entry, env) => {
      const worker = spawn(entry, env);
      return {
        ...worker,
        send(message) {
          const { method = '' } = message as { method?: string };
          asked.push({ method, pid: worker.pid });
          if (method === deadly) worker.kill();
          else worker.send(message);
        },
      };
    });
    for (deadly of ['export', 'verify']) {
      expect(await exported()).toMatchObject({ phase: 'failed', error: { code: 'worker-died' } });
      expect(readdirSync(path.dirname(out))).toEqual([]);
    }
    deadly = '';
    expect((await exported()).error).toBeNull();
    const [writing, reading] = asked.filter(({ method }) => ['export', 'verify'].includes(method)).slice(-2);
    expect([writing!.method, reading!.method]).toEqual(['export', 'verify']);
    expect(reading!.pid).not.toBe(writing!.pid);
  });
});
