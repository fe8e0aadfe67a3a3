import { parseArgs } from 'node:util';
import type { Client } from '../contract/client.ts';
import type { ImageItem } from '../contract/dataset.ts';
import { createRandom } from '../main/dataset/seeded.ts';
import { addFolder, openBackend, provideWeights } from './shared/backend.ts';
import { dataFolder, temporaryFolder } from './shared/places.ts';
import { digits, note, say, table } from './shared/table.ts';

// Changes some labels by lot, asks for label suspects, and counts how many of those named were changed ones and the reverse.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fraction: { type: 'string', default: '0.05' },
    seeds: { type: 'string', default: '5' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
  },
});
const { backend, client } = await openBackend(temporaryFolder());
try {
  await provideWeights(client, values.backbone);
  const { datasetId, classes } = await addFolder(client, dataFolder(positionals[0]));
  const asked = { datasetId, backboneId: values.backbone };
  note('features of all pictures ...');
  const { numSuspects, numImages } = await client.call('dataset.map', asked);
  const images = await allImages(client, datasetId);
  const classNames = classes.map(({ name }) => name);

  const rounds: { numNamed: number; precision: number; recall: number; right: number; ms: number }[] = [];
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    const changed = changedLabels(images, classNames, Number(values.fraction), seed);
    for (const className of classNames) {
      const imageIds = [...changed].filter(([, to]) => to === className).map(([imageId]) => imageId);
      if (imageIds.length > 0)
        await client.call('dataset.edit', { datasetId, edit: { kind: 'relabel', images: { imageIds }, className } });
    }
    const startedAt = performance.now();
    const { suspects } = await client.call('dataset.map', asked);
    const ms = performance.now() - startedAt;
    const found = suspects.filter(({ imageId }) => changed.has(imageId));
    const truth = new Map(images.map((image) => [image.imageId, image.className]));
    rounds.push({
      numNamed: suspects.length,
      precision: found.length / suspects.length,
      recall: found.length / changed.size,
      right: found.filter(({ imageId, suggested }) => truth.get(imageId) === suggested).length / found.length,
      ms,
    });
    while ((await client.call('dataset.undo', { datasetId })).edits.numDone > 0);
  }

  say(`${numImages} pictures, ${classNames.length} classes, ${values.backbone}; ${numSuspects} suspects as they are;`);
  say(`then with the labels of ${digits(100 * Number(values.fraction))} % changed, by seed:`);
  const mean = (of: (round: (typeof rounds)[number]) => number) =>
    rounds.reduce((sum, round) => sum + of(round), 0) / rounds.length;
  const row = (name: string, of: (key: keyof (typeof rounds)[number]) => number) => [
    name,
    digits(of('numNamed')),
    ...(['precision', 'recall', 'right'] as const).map((key) => of(key).toFixed(3)),
    digits(of('ms')),
  ];
  say(
    table(
      ['seed', 'named', 'precision', 'recall', 'class right', 'ms, features cached'],
      [...rounds.map((round, i) => row(String(i + 1), (key) => round[key])), row('mean', (key) => mean((r) => r[key]))],
    ),
  );
} finally {
  await backend.close();
}

/** New labels for a share of the pictures, each another class than its own. Same seed, same labels. */
function changedLabels(images: ImageItem[], classNames: string[], fraction: number, seed: number) {
  const random = createRandom(seed, 'bench/changed labels');
  const chosen = random.shuffle([...images]).slice(0, Math.round(images.length * fraction));
  return new Map(
    chosen.map(({ imageId, className }) => {
      const others = classNames.filter((name) => name !== className);
      return [imageId, others[random.int(others.length)]!];
    }),
  );
}

async function allImages(from: Client, datasetId: string): Promise<ImageItem[]> {
  const images: ImageItem[] = [];
  for (;;) {
    const page = await from.call('dataset.images', { datasetId, offset: images.length, limit: 500 });
    images.push(...page.images);
    if (images.length >= page.total) return images;
  }
}
