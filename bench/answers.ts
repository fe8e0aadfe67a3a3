import { parseArgs } from 'node:util';
import { addFolder, ended, openBackend, provideWeights } from './shared/backend.ts';
import { dataFolder, pictureFiles, temporaryFolder } from './shared/places.ts';
import { digits, note, quantile, say, table } from './shared/table.ts';

// How long predictions and thumbnails take while another run computes features and trains. The model is warm.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    samples: { type: 'string', default: '100' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
  },
});
const numSamples = Number(values.samples);
const data = dataFolder(positionals[0]);
type When = 'idle' | 'features' | 'training';
const predictMs: Record<When, number[]> = { idle: [], features: [], training: [] };
const thumbnailMs: Record<When, number[]> = { idle: [], features: [], training: [] };

const { backend, client } = await openBackend(temporaryFolder());
try {
  await provideWeights(client, values.backbone);
  const { datasetId } = await addFolder(client, data);
  note('a model to ask ...');
  const { runId } = await client.call('run.start', { datasetId, recipe: { backbone: values.backbone, epochs: 2 } });
  await ended(client, runId);
  const pictures = await client.call('picture.add', { paths: pictureFiles(data, 100) });
  const { images } = await client.call('dataset.images', { datasetId, limit: 500 });
  let numAsked = 0;
  for (let i = 0; i < 3; i++) await ask('idle'); // warms it
  predictMs.idle = [];
  thumbnailMs.idle = [];

  note('idle ...');
  while (predictMs.idle.length < numSamples) await ask('idle');

  note('while a run computes features and trains ...');
  let when: When | null = null;
  client.on('run.progress', ({ progress }) => {
    when = progress.step === 'features' || progress.step === 'training' ? progress.step : null;
  });
  // Another input size has no features in the cache; it ends when there are enough answers.
  const { runId: busyId } = await client.call('run.start', {
    datasetId,
    recipe: { backbone: values.backbone, inputSize: 192, epochs: 1000 },
  });
  const hasEnded = ended(client, busyId).then(() => true);
  while (predictMs.training.length < numSamples) {
    if (when !== null) await ask(when);
    const isOver = await Promise.race([
      hasEnded,
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 10)),
    ]);
    if (isOver) break;
  }
  await client.call('run.stop', { runId: busyId });
  await hasEnded;

  async function ask(during: When): Promise<void> {
    const picture = pictures[numAsked % pictures.length]!;
    const image = images[numAsked % images.length]!;
    const sizePx = 96 + Math.floor(numAsked / images.length); // a size not asked before: made, not read
    numAsked++;
    const askedAt = performance.now();
    const [answer] = await client.call('model.predict', { runId, imageIds: [picture.imageId] });
    if (answer!.error) throw new Error(answer!.error.code);
    predictMs[during].push(performance.now() - askedAt);
    const wantedAt = performance.now();
    await backend.thumbnail(image.imageId, sizePx);
    thumbnailMs[during].push(performance.now() - wantedAt);
  }
} finally {
  await backend.close();
}
const cells = (all: number[]) => [String(all.length), digits(quantile(all, 0.5)), digits(quantile(all, 0.95))];
say(`${values.backbone}; milliseconds from the call to the answer, one at a time, the backend in this process`);
say(
  table(
    ['while', 'answers', 'prediction, median', 'p95', 'answers', 'thumbnail, median', 'p95'],
    (['idle', 'features', 'training'] as const).map((during) => [
      during,
      ...cells(predictMs[during]),
      ...cells(thumbnailMs[during]),
    ]),
  ),
);
