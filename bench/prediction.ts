import { parseArgs } from 'node:util';
import { Recipe } from '../contract/run.ts';
import { addFolder, ended, openBackend, provideWeights } from './shared/backend.ts';
import { dataFolder, temporaryFolder } from './shared/places.ts';
import { digits, note, say, table } from './shared/table.ts';

// What the bill says an epoch of fine-tuning takes, measured beforehand, and what it then takes.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backbone: { type: 'string', default: 'mobilenet-v2-1.0' },
    from: { type: 'string', default: 'block_13_expand,block_16_expand' },
    epochs: { type: 'string', default: '3' },
  },
});
const { backend, client } = await openBackend(temporaryFolder());
try {
  await provideWeights(client, values.backbone);
  const { datasetId, classes } = await addFolder(client, dataFolder(positionals[0]));
  const numTrainImages = classes.reduce((sum, { train }) => sum + train, 0);
  const numValidationImages = classes.reduce((sum, { validation }) => sum + validation, 0);
  const rows: string[][] = [];
  for (const from of values.from.split(',')) {
    const recipe = Recipe.parse({
      backbone: values.backbone,
      epochs: 1,
      trainable: { from },
      fineTune: { epochs: Number(values.epochs) },
    });
    note(`measuring from ${from} ...`);
    const cost = await client.call('backbone.measureTraining', {
      backboneId: recipe.backbone,
      inputSize: null,
      trainable: recipe.trainable,
      head: { kind: recipe.head.kind, denseUnits: null },
      numClasses: classes.length,
      batchSize: recipe.batchSize,
      numTrainImages,
      numValidationImages,
    });
    note(`training from ${from} ...`);
    const { runId } = await client.call('run.start', { datasetId, recipe });
    const { epochs } = await ended(client, runId);
    const tuned = epochs.filter(({ phase }) => phase === 'fine-tune').map(({ durationMs }) => durationMs / 1000);
    const middle = tuned.sort((a, b) => a - b)[tuned.length >> 1]!;
    const said = cost.secondsPerEpoch!;
    rows.push([from, digits(said), digits(middle), `${((100 * (said - middle)) / middle).toFixed(0)} %`]);
  }
  say(
    `${values.backbone}, ${numTrainImages} pictures to train on and ${numValidationImages} to validate; seconds an epoch\n`,
  );
  say(table(['from', 'predicted', 'measured', 'off by'], rows));
} finally {
  await backend.close();
}
