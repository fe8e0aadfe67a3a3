import { describe, expect, it } from 'vitest';
import type { Client } from '../../contract/client.ts';
import { settled, testBackend } from '../testing/backend.ts';
import { fakeWeb } from '../testing/fake-web.ts';

const url = 'https://example.org/data/pets.zip';

/** A backend with a download that has begun and gets no further. */
async function stuckDownload() {
  const { network, requests } = await fakeWeb((_, response) => {
    response.writeHead(200, { 'content-length': 1e6 }).write('PK');
  });
  const opened = await testBackend({ network: { ...network, stallMs: 600_000 } });
  const { datasetId } = await opened.client.call('dataset.addLink', { url });
  await settled(getOf(opened.client, datasetId), ({ transfer }) => transfer !== null);
  return { ...opened, datasetId, requests };
}
const getOf = (client: Client, datasetId: string) => () => client.call('dataset.get', { datasetId });

describe('a data set on its way', () => {
  it('answers whoever wants to work with it at once', async () => {
    const { client, datasetId } = await stuckDownload();
    const notReady = (phase: string) => ({ code: 'dataset-not-ready', params: { phase } });
    for (const phase of ['downloading', 'paused']) {
      if (phase === 'paused') await client.call('dataset.pause', { datasetId });
      await expect(client.call('backbone.probe', { datasetId, recipe: {} })).rejects.toMatchObject(notReady(phase));
      await expect(client.call('run.findLearningRate', { datasetId, recipe: {} })).rejects.toMatchObject(
        notReady(phase),
      );
      await expect(client.call('run.start', { datasetId, recipe: {} })).rejects.toMatchObject(notReady(phase));
    }
  });
});
