import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import type * as ort from 'onnxruntime-node';
import { backbones } from '../main/backbones/registry.ts';
import type { LoadedBackbone } from '../main/backbones/spec.ts';
import { importWeights, loadBackbone, weightsState } from '../main/backbones/weights.ts';
import { FROZEN_BATCH_SIZE } from '../main/engine/frozen-batch.ts';
import { createFrozenPart } from '../main/engine/frozen-part.ts';
import { lowerToOnnx } from '../main/lowering/onnx/lower.ts';
import { decodeImage } from '../main/native/image.ts';
import { tf } from '../main/native/tf.ts';
import { assetsFolder } from './shared/graft.ts';
import { headEpochs } from './shared/head-epochs.ts';
import { dataFolder, officialWeights, pictureFiles, temporaryFolder } from './shared/places.ts';
import { digits, note, say, table } from './shared/table.ts';

// Milliseconds a picture of each part of the engine, beside what the libraries alone take for the same numbers.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, pictures: { type: 'string', default: '128' } },
});
const numRounds = Number(values.rounds);
const files = pictureFiles(dataFolder(positionals[0]), Number(values.pictures));
if (files.length < FROZEN_BATCH_SIZE)
  throw new Error(`${FROZEN_BATCH_SIZE} pictures are needed, here are ${files.length}.`);
const places = { home: temporaryFolder(), assets: assetsFolder };
const onnxRuntime = createRequire(import.meta.url)('onnxruntime-node') as typeof ort;

note(`decoding ${files.length} pictures ...`);
const decodeMs: number[] = [];
let pixels: Uint8Array[] = [];
for (let round = 0; round <= numRounds; round++) {
  const startedAt = performance.now();
  pixels = await decodeAll([224, 224]);
  if (round > 0) decodeMs.push((performance.now() - startedAt) / files.length); // the first warms up
}
say(`decode to 224 x 224, two at a time: ${digits(Math.min(...decodeMs))} ms a picture\n`);

const rows: string[][] = [];
for (const spec of backbones) {
  const official = officialWeights(spec.id);
  if (official !== null) await importWeights(spec, official, places);
  if ((await weightsState(spec, places)).state === 'missing') continue;
  note(`${spec.id} ...`);
  const loaded = await loadBackbone(spec, spec.inputSize, places);
  rows.push([spec.id, ...(await measureFrozen(loaded))]);
  loaded.model.dispose();
}
say(`frozen part, batches of ${FROZEN_BATCH_SIZE}, pooled, milliseconds a picture, best of ${numRounds} rounds`);
say(table(['backbone', 'Graft', 'bare ONNX Runtime', 'ratio', 'tfjs-node predict', 'ratio'], rows));

note('heads ...');
const heads = [
  ['gap 1,280 -> 2', bestOf(await headEpochs({ kind: 'gap', featureShape: [7, 7, 1280], denseUnits: null }, 3))],
  [
    'flatten 62,720 -> 2',
    bestOf(await headEpochs({ kind: 'flatten', featureShape: [7, 7, 1280], denseUnits: null }, 3)),
  ],
] as const;
say(`\nhead epoch, 2,000 features in memory, batches of 32, Adam, steps alone`);
say(
  table(
    ['head', 'ms an epoch', 'ms a step'],
    heads.map(([name, ms]) => [name, digits(ms), digits(ms / 63)]),
  ),
);

async function decodeAll(size: readonly [number, number]): Promise<Uint8Array[]> {
  const decoded: Uint8Array[] = [];
  let next = 0;
  const work = async () => {
    while (next < files.length) {
      const i = next++;
      decoded[i] = (await decodeImage(readFileSync(files[i]!), size)).pixels;
    }
  };
  await Promise.all([work(), work()]);
  return decoded;
}

/** The three ways in turns, so that a busy moment of the machine hits them all; each alone in memory, so that no idle threads of one spin beside another. */
async function measureFrozen(loaded: LoadedBackbone): Promise<string[]> {
  const [height, width] = loaded.inputSize;
  const sized = height === 224 && width === 224 ? pixels : await decodeAll(loaded.inputSize);
  const n = FROZEN_BATCH_SIZE;
  const batches = Array.from({ length: Math.floor(sized.length / n) }, (_, b) => {
    const batch = new Uint8Array(n * height * width * 3);
    for (let i = 0; i < n; i++) batch.set(sized[b * n + i]!, i * height * width * 3);
    return batch;
  });
  const { bytes } = lowerToOnnx(loaded.model, {
    input: 'uint8',
    preprocessing: loaded.spec.preprocessing,
    outputs: ['pooled'],
  });
  const best = { graft: Infinity, bare: Infinity, tfjs: Infinity };
  const time = async (run: (batch: Uint8Array) => Promise<unknown>) => {
    await run(batches[0]!);
    const startedAt = performance.now();
    for (const batch of batches) await run(batch);
    return (performance.now() - startedAt) / (batches.length * n);
  };
  for (let round = 0; round < numRounds; round++) {
    const frozen = await createFrozenPart(loaded, { pooled: true, maps: false }, undefined, 'onnx');
    best.graft = Math.min(best.graft, await time((batch) => frozen.run(batch, n)));
    await frozen.dispose();

    const session = await onnxRuntime.InferenceSession.create(bytes, { executionProviders: ['cpu'] });
    const run = (batch: Uint8Array) =>
      session.run({ pixels: new onnxRuntime.Tensor('uint8', batch, [n, height, width, 3]) });
    best.bare = Math.min(best.bare, await time(run));
    await session.release();

    const input = tf.zeros([n, height, width, 3]); // its values change nothing about the time
    const predict = async () => {
      const maps = loaded.model.predict(input) as tf.Tensor;
      maps.dataSync();
      maps.dispose();
    };
    best.tfjs = Math.min(best.tfjs, await time(predict));
    input.dispose();
  }
  const { graft, bare, tfjs } = best;
  return [digits(graft), digits(bare), (graft / bare).toFixed(2), digits(tfjs), (tfjs / graft).toFixed(2)];
}

/** The first warms up. */
function bestOf(durations: readonly number[]): number {
  return Math.min(...durations.slice(1));
}
