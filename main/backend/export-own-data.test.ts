import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { ExportFormat } from '../../contract/model.ts';
import { addFolder, ended, settled, testBackend } from '../testing/backend.ts';
import { writeImageTree } from '../testing/images.ts';
import { petsZip } from '../testing/pets.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';

async function exported(client: Client, input: { runId: string; format: ExportFormat; datasetId?: string }) {
  const { exportId } = await client.call('model.export', input);
  return settled(
    () => client.call('model.exported', { exportId }),
    ({ phase }) => phase !== 'running',
  );
}

/** A data set `pets` and another with the same classes, and a small model on disk. */
async function twoDataSets() {
  const { client } = await testBackend();
  const zip = path.join(await temporaryFolder(), 'pets.zip');
  await writeFile(zip, await petsZip());
  const other = await temporaryFolder();
  await writeImageTree(other, { cats: 6, dogs: 6 });
  return {
    client,
    datasetId: (await addFolder(client, zip, true)).datasetId,
    otherId: (await addFolder(client, other, true)).datasetId,
    model: await writeTinyModel(await temporaryFolder(), { units: 2, activation: 'softmax' }),
  };
}

const refused = (needs: string) => ({ code: 'run-without-data', params: { needs } });
const further = { trainable: 'all' as const, epochs: 1 };

describe('exporting a script or features', () => {
  it(
    'is about the pictures of the run, whatever others are named, and refused where a script would tell half of it',
    { timeout: 300_000 },
    async () => {
      const { client, datasetId, otherId, model } = await twoDataSets();
      const { id: backbone } = await client.call('backbone.bring', { path: model });
      const { runId } = await client.call('run.start', { datasetId, recipe: { epochs: 1, backbone } });
      const { result } = await ended(client, runId);
      expect(result).not.toBeNull();

      const features = await exported(client, { runId, format: 'features', datasetId: otherId });
      expect(features.error).toBeNull();
      expect(features.parity).toMatchObject({ numChangedLabels: 0 });

      const onOther = await client.call('run.fineTune', { runId, datasetId: otherId, ...further });
      expect((await ended(client, onOther.runId)).error).toBeNull();
      const asked = client.call('model.export', { runId: onOther.runId, format: 'script' });
      await expect(asked).rejects.toMatchObject(refused('whole-training'));
    },
  );

  it('is refused of a saved model, and a script of what goes on from one', { timeout: 300_000 }, async () => {
    const { client, datasetId, model } = await twoDataSets();
    const { runId } = await client.call('model.import', { path: model, classNames: ['cats', 'dogs'] });
    for (const format of ['script', 'features'] as const)
      await expect(client.call('model.export', { runId, format, datasetId })).rejects.toMatchObject(
        refused('training'),
      );

    const tuned = await client.call('run.fineTune', { runId, datasetId, ...further });
    expect((await ended(client, tuned.runId)).error).toBeNull();
    const asked = client.call('model.export', { runId: tuned.runId, format: 'script' });
    await expect(asked).rejects.toMatchObject(refused('whole-training'));
  });
});
