import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { ExportFormat } from '../contract/model.ts';
import { findBackbone } from '../main/backbones/registry.ts';
import { expectedWeights, storeWeights } from '../main/backbones/weights.ts';
import { formulaPicture, formulaWeight } from '../tools/reference/formulas.ts';
import { graft } from './shared/graft.ts';
import { temporaryFolder } from './shared/places.ts';
import { digits, note, say, table } from './shared/table.ts';

// What `graft export` costs in each format, from the command to the proved folder: seconds, processor time and peak memory
// of all its processes. Weights are drawn, so that it runs without any file of others.

/** As many as a certificate takes, in the split that it takes first. */
const NUM_TEST_PICTURES = 32;
const PICTURES_OF_SPLIT = { train: 8, validation: 4, test: NUM_TEST_PICTURES / 2 }; // of each of two classes

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    formats: { type: 'string', default: ExportFormat.options.join(',') },
    head: { type: 'string', default: 'gap' },
  },
});
const spec = findBackbone(positionals[0] ?? 'vgg16');
const formats = values.formats.split(',').map((format) => ExportFormat.parse(format));
const home = temporaryFolder();

note(`drawing ${spec.name} ...`);
await drawWeights();
note('training a head ...');
const { done } = await graft(home, [
  ...['train', await drawPictures(), '--backbone', spec.id, '--head', values.head, '--epochs', '1'],
]);

const rows: string[][] = [];
for (const format of formats) {
  note(`${format} ...`);
  const out = path.join(temporaryFolder(), format);
  const call = await graft(home, ['export', String(done['runId']), '--format', format, '--out', out]);
  const files = call.done['sizes'] as { sizeBytes: number }[];
  rows.push([
    format,
    digits(call.wallMs / 1000),
    digits(call.cpuSeconds),
    call.peakBytes === null ? '–' : (call.peakBytes / 1e6).toFixed(0),
    (files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6).toFixed(1),
  ]);
}
say(`${spec.id}, ${values.head} head, ${spec.inputSize.join(' × ')} pixels, proved by ${NUM_TEST_PICTURES} pictures`);
say(table(['format', 'seconds', 'processor seconds', 'peak MB', 'files MB'], rows));

/** Gives the home weights by formula for the backbone. */
async function drawWeights(): Promise<void> {
  const model = await spec.build(spec.inputSize);
  const tensors = expectedWeights(model).flatMap(({ name: layer, weights }) =>
    weights.map(({ name, shape }) => [`${layer}/${name}`, { shape, data: formulaWeight(layer, name, shape) }] as const),
  );
  model.dispose();
  await storeWeights(spec.id, new Map(tensors), { sourceFile: 'drawn', sourceSha256: '0'.repeat(64) }, home);
}

/** Writes two classes of pictures with their splits. @returns the folder */
async function drawPictures(): Promise<string> {
  const data = temporaryFolder();
  const [height, width] = [150, 200];
  let number = 0;
  for (const [split, count] of Object.entries(PICTURES_OF_SPLIT))
    for (const className of ['even', 'odd']) {
      const folder = path.join(data, split, className);
      mkdirSync(folder, { recursive: true });
      for (let index = 0; index < count; index++) {
        const raw = { width, height, channels: 3 as const };
        const picture = sharp(formulaPicture(number++, height, width), { raw });
        writeFileSync(path.join(folder, `${index}.png`), await picture.png().toBuffer());
      }
    }
  return data;
}
