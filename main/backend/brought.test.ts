import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  addFolder,
  ended,
  hasSharedData,
  photographs,
  projectFolder,
  sharedData,
  testBackend,
} from '../testing/backend.ts';
import { petsZip } from '../testing/pets.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const references = path.join(projectFolder, 'tools/reference/brought');

describe('bringing a model', () => {
  it('makes a backbone of it, the same one for the same file', async () => {
    const { client, home } = await testBackend();
    const file = path.join(references, 'functional.keras');
    const inspected = await client.call('backbone.inspectModel', { path: file });
    expect(inspected).toMatchObject({ name: 'functional', suggestedCut: 'last_maps', pixels: '0..255' });
    const facts = await client.call('backbone.bring', { path: file, name: 'Mine & yours' });
    expect(facts).toMatchObject({ name: 'Mine & yours', inputSize: [16, 16], featureShape: [8, 8, 16] });
    expect(facts.id).toMatch(/^own-mine-yours-[0-9a-f]{6}$/);
    expect(facts.weights.state).toBe('imported');
    expect((await client.call('backbone.bring', { path: file, name: 'Mine & yours' })).id).toBe(facts.id);
    const list = await client.call('backbone.list', {});
    expect(list.filter(({ id }) => id.startsWith('own-')).map(({ id }) => id)).toEqual([facts.id]);
    expect(await readdir(path.join(home, 'models'))).toEqual([`${facts.id}.json`]);
    const { blocks } = await client.call('backbone.layers', { backboneId: facts.id });
    expect(blocks.map(({ name }) => name)).toEqual(['stage 1', 'stage 2']);
    expect(blocks.flatMap(({ layers }) => layers.map(({ name }) => name))).toContain('stem_conv');
  });

  it('goes when it is removed, with all that is of it, and comes back as it was', async () => {
    const { client, home } = await testBackend();
    const removed: string[] = [];
    client.on('backbone.removed', ({ backboneId }) => removed.push(backboneId));
    const file = path.join(references, 'functional.keras');
    const { id } = await client.call('backbone.bring', { path: file });
    await client.call('backbone.remove', { backboneId: id });
    expect(removed).toEqual([id]);
    expect((await client.call('backbone.list', {})).map((facts) => facts.id)).not.toContain(id);
    expect(await readdir(path.join(home, 'models'))).toEqual([]);
    expect(await readdir(path.join(home, 'weights'))).toEqual([]);
    await expect(client.call('backbone.remove', { backboneId: id })).rejects.toMatchObject({
      code: 'backbone-not-found',
    });
    expect((await client.call('backbone.bring', { path: file })).id).toBe(id);
    await expect(client.call('backbone.remove', { backboneId: 'vgg16' })).rejects.toMatchObject({
      code: 'backbone-not-brought',
    });
  });

  it('stays while a run that needs it is being started, and starts none while it goes', async () => {
    const { client } = await testBackend();
    const { id } = await client.call('backbone.bring', { path: path.join(references, 'functional.keras') });
    const zip = path.join(await temporaryFolder(), 'pets.zip');
    await writeFile(zip, await petsZip());
    const { datasetId } = await addFolder(client, zip, true);
    const start = () => client.call('run.start', { datasetId, recipe: { backbone: id, epochs: 1 } });
    const remove = () => client.call('backbone.remove', { backboneId: id });
    const starting = start();
    await expect(remove()).rejects.toMatchObject({ code: 'backbone-in-use', params: { runs: [1] } });
    const { runId } = await starting;
    await ended(client, runId);
    await client.call('run.remove', { runId });
    const removing = remove();
    await expect(start()).rejects.toMatchObject({ code: 'backbone-not-found' });
    await removing;
  });

  it('says which layers can be the last', async () => {
    const { client } = await testBackend();
    const bring = client.call('backbone.bring', { path: path.join(references, 'functional.keras'), cutAt: 'last_map' });
    await expect(bring).rejects.toMatchObject({
      code: 'layer-not-found',
      params: { layer: 'last_map', backboneId: 'functional.keras', near: ['last_maps'] },
    });
  });

  it.skipIf(!hasSharedData)('of Teachable Machine, trains and answers like any other', async () => {
    const { client } = await testBackend();
    const folder = path.join(sharedData, 'oracle/teachable_machine_tfjs');
    const { id } = await client.call('backbone.bring', { path: folder });
    const { datasetId } = await addFolder(client, await photographs(12));
    const recipe = {
      backbone: id,
      epochs: 4,
      learningRate: 0.01,
      trainable: { from: 'Conv_1' },
      fineTune: { epochs: 2, learningRate: 1e-4 },
    };
    const run = await ended(client, (await client.call('run.start', { datasetId, recipe })).runId);
    expect(run.error).toBeNull();
    expect(run.result!.test!.accuracy).toBeGreaterThan(0.7);
    expect((await client.call('run.evaluate', { runId: run.runId, split: 'test' })).confusion).toEqual(run.confusion);
    await expect(client.call('backbone.remove', { backboneId: id })).rejects.toMatchObject({
      code: 'backbone-in-use',
      params: { backboneId: id, runs: [1] },
    });
    await client.call('run.remove', { runId: run.runId });
    await client.call('backbone.remove', { backboneId: id });
  });
});
