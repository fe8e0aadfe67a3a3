import { RecipeInput } from '../../contract/run.ts';
import { initialHead, type HeadConfig } from '../../main/engine/head.ts';
import { Network } from '../../main/engine/network.ts';
import { trainPhase, type FeatureSet } from '../../main/engine/train.ts';
import { tf } from '../../main/native/tf.ts';

/** Epochs of steps on features in memory: no reading, and one picture to validate. @returns milliseconds of each */
export async function headEpochs(
  head: Pick<HeadConfig, 'kind' | 'featureShape' | 'denseUnits'>,
  numEpochs: number,
  kind: 'adam' | 'rmsprop' = 'adam',
): Promise<number[]> {
  const config: HeadConfig = { ...head, dropout: 0, numClasses: 2 };
  const [height, width, channels] = head.featureShape;
  const rowLength = head.kind === 'gap' ? channels : height * width * channels;
  const recipe = RecipeInput.parse({ head: { kind: head.kind }, learningRate: 1e-4 });
  const parts = { train: randomFeatures(2000, rowLength), validation: randomFeatures(1, rowLength) };
  const durations: number[] = [];
  const network = new Network(tf, config, initialHead(config, 1), null, { kind, momentum: 0, weightDecay: 0 });
  const phase = { name: 'head', numEpochs, learningRate: recipe.learningRate } as const;
  const signal = new AbortController().signal;
  for await (const step of trainPhase(network, parts, recipe, phase, ['cats', 'dogs'], signal))
    if (step.kind === 'epoch') durations.push(step.report.durationMs);
  network.dispose();
  return durations;
}

/** A Flatten head of 8,192 -> 256 -> 2 with RMSprop. @returns seconds of each epoch */
export async function flattenEpochs(numEpochs: number): Promise<number[]> {
  const head = { kind: 'flatten', featureShape: [4, 4, 512], denseUnits: 256 } as const;
  return (await headEpochs(head, numEpochs, 'rmsprop')).map((ms) => ms / 1000);
}

/** Rows drawn from a hundred different ones: 2,000 of Flatten would fill half a gigabyte. */
function randomFeatures(numImages: number, rowLength: number): FeatureSet {
  const pool = Float32Array.from({ length: 100 * rowLength }, () => Math.random());
  return {
    numImages,
    rowLengths: [rowLength],
    numViews: 1,
    labels: Int32Array.from({ length: numImages }, (_, i) => i % 2),
    gather(indexes, out) {
      for (let i = 0; i < indexes.length; i++) {
        const row = indexes[i]! % 100;
        out[0]!.set(pool.subarray(row * rowLength, (row + 1) * rowLength), i * rowLength);
      }
    },
  };
}
