import { parseArgs } from 'node:util';
import { addFolder, ended, openBackend, provideWeights } from './shared/backend.ts';
import { dataFolder, temporaryFolder } from './shared/places.ts';
import { digits, note, quantile, say, table } from './shared/table.ts';

// From run.start to the first batch and to the end, with all features in the cache; each run starts a worker of its own.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '10' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
  },
});
const { backend, client } = await openBackend(temporaryFolder());
try {
  await provideWeights(client, values.backbone);
  const { datasetId } = await addFolder(client, dataFolder(positionals[0]));
  note('first run, which fills the cache ...');
  await train(1);
  const times: { firstBatchMs: number; firstEpochMs: number; endMs: number }[] = [];
  for (let run = 0; run < Number(values.runs); run++) times.push(await train(Number(values.epochs)));

  say(`${values.backbone}, ${values.epochs} epochs, from run.start, milliseconds, ${times.length} runs`);
  const row = (name: string, all: number[]) => [
    name,
    digits(quantile(all, 0.5)),
    digits(Math.min(...all)),
    digits(Math.max(...all)),
  ];
  say(
    table(
      ['until', 'median', 'least', 'most'],
      [
        row(
          'the first batch',
          times.map((time) => time.firstBatchMs),
        ),
        row(
          'the first epoch',
          times.map((time) => time.firstEpochMs),
        ),
        row(
          'the end',
          times.map((time) => time.endMs),
        ),
      ],
    ),
  );

  async function train(epochs: number) {
    const startedAt = performance.now();
    const sinceStart = () => performance.now() - startedAt;
    let firstBatchMs = Number.NaN;
    let firstEpochMs = Number.NaN;
    const stops = [
      // The first batch is always told; later ones only now and then.
      client.on('run.progress', ({ progress }) => {
        if (progress.step === 'training' && progress.done > 0 && Number.isNaN(firstBatchMs))
          firstBatchMs = sinceStart();
      }),
      client.on('run.epoch', () => {
        if (Number.isNaN(firstEpochMs)) firstEpochMs = sinceStart();
      }),
    ];
    const recipe = { backbone: values.backbone, epochs };
    const { runId } = await client.call('run.start', { datasetId, recipe });
    await ended(client, runId);
    for (const stop of stops) stop();
    return { firstBatchMs, firstEpochMs, endMs: sinceStart() };
  }
} finally {
  await backend.close();
}
