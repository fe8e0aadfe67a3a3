import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawSamplePicture, sampleClassNames, sampleSide } from '../dataset/sample.ts';
import { addFolder, ended, testBackend } from '../testing/backend.ts';
import { rawImage } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';

/** Every file of a folder with its bytes; empty where there is no folder. */
function filesIn(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(folder, name), 'base64')]));
}

/** Some pictures of the sample data set, of which all take long to draw. */
async function someOfTheSample(): Promise<string> {
  const folder = await temporaryFolder();
  for (const [split, numPerClass] of [
    ['train', 20],
    ['validation', 8],
  ] as const)
    for (const className of sampleClassNames) {
      mkdirSync(path.join(folder, split, className), { recursive: true });
      for (let i = 1; i <= numPerClass; i++) {
        const pixels = drawSamplePicture(className, 1, `${split}/${className}/${i}`);
        await rawImage(pixels, sampleSide, sampleSide)
          .jpeg()
          .toFile(path.join(folder, split, className, `${i}.jpg`));
      }
    }
  return folder;
}

/** Pictures of the sample data set with the backbone that comes with Graft, through the contract, by a real worker. */
describe('run.findLearningRate', () => {
  it('suggests a rate at which the head learns, the same each time, and leaves the runs as they are', async () => {
    const { client, home } = await testBackend();
    const runs = path.join(home, 'runs');
    const { datasetId } = await addFolder(client, await someOfTheSample());
    const recipe = { seed: 3, epochs: 3, optimizer: 'rmsprop' as const, learningRate: 1e-6 };
    const found = await client.call('run.findLearningRate', { datasetId, recipe });
    expect([await client.call('run.list', {}), filesIn(runs)]).toEqual([[], {}]);

    const rates = found.points.map(({ learningRate }) => learningRate);
    expect(rates[0]).toBe(1e-7);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    const losses = found.points.map(({ loss }) => loss);
    expect(Math.min(...losses)).toBeLessThan(0.5 * losses[0]!);
    expect(found.suggested).toBeGreaterThan(1e-4);
    expect(found.suggested).toBeLessThan(0.05);
    expect(found.suggested).toBe(Number(found.suggested!.toPrecision(1)));

    const finalLossAt = async (learningRate: number) => {
      const { runId } = await client.call('run.start', { datasetId, recipe: { ...recipe, learningRate } });
      const { epochs, error } = await ended(client, runId);
      expect(error).toBeNull();
      return epochs.at(-1)!.validationLoss;
    };
    expect(await finalLossAt(found.suggested!)).toBeLessThan(0.5 * (await finalLossAt(found.suggested! / 100)));

    const before = filesIn(runs);
    expect(Object.keys(before).length).toBeGreaterThan(0);
    // What a step does not depend on changes nothing: its own rate, the layers trained later, the epochs.
    const other = { ...recipe, learningRate: 1, epochs: 9, trainable: 'all' as const };
    expect(await client.call('run.findLearningRate', { datasetId, recipe: other })).toEqual(found);
    expect(filesIn(runs)).toEqual(before);
  });

  it('refuses what a run would refuse, before anything is computed', async () => {
    const { client } = await testBackend();
    const find = (recipe: object) => client.call('run.findLearningRate', { datasetId: 'none', recipe });
    await expect(find({})).rejects.toMatchObject({ code: 'dataset-not-found' });
    await expect(find({ backbone: 'vgg16' })).rejects.toMatchObject({ code: 'weights-missing' });
    await expect(find({ learningRate: 0 })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('tells how far it is, takes its turn, and stops when told to', async () => {
    const { client } = await testBackend();
    const { datasetId } = await addFolder(client, await someOfTheSample());
    const told: string[] = [];
    const first = new Promise<void>((resolve) =>
      client.on('job.progress', ({ jobId, done, total }) => {
        told.push(jobId);
        expect(done).toBeLessThanOrEqual(total);
        if (done > 0 && jobId === 'rates') resolve();
      }),
    );
    const stoppedError = { code: 'job-stopped' };
    const rates = client.call('run.findLearningRate', { datasetId, recipe: {}, jobId: 'rates' });
    const probe = client.call('backbone.probe', { datasetId, recipe: {}, jobId: 'probe' });
    const isRatesStopped = expect(rates).rejects.toMatchObject(stoppedError);
    const isProbeStopped = expect(probe).rejects.toMatchObject(stoppedError);
    await first;
    await client.call('job.cancel', { jobId: 'probe' }); // while it waits
    await isProbeStopped;
    expect(told).not.toContain('probe');
    await client.call('job.cancel', { jobId: 'rates' });
    await isRatesStopped;
    await client.call('job.cancel', { jobId: 'rates' });

    const again = client.call('backbone.probe', { datasetId, recipe: {}, jobId: 'probe' });
    const isAgainStopped = expect(again).rejects.toMatchObject(stoppedError);
    await expect.poll(() => told.includes('probe'), { timeout: 30_000 }).toBe(true);
    await client.call('job.cancel', { jobId: 'probe' });
    await isAgainStopped;
  });
});
