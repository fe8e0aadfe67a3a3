import { withPreprocessing } from '../../main/backbones/preprocessing.ts';
import { backbones } from '../../main/backbones/registry.ts';
import type { BackboneSpec } from '../../main/backbones/spec.ts';
import { expectedWeights, setWeights } from '../../main/backbones/weights.ts';
import { attachHead } from '../../main/engine/head.ts';
import type { ExportContext } from '../../main/export/format.ts';
import { tf } from '../../main/native/tf.ts';
import { exportedRun } from '../../main/testing/exported-run.ts';
import { formulaPicture, formulaWeight } from '../../tools/reference/formulas.ts';

const classNames = ['zebra', 'ant', '고양이', 'night', 'x'];
const numPictures = 4;
/** Largest logit: probabilities then differ from picture to picture, and none is 0 or 1. */
const largestLogit = 3;

/** A model with weights and pictures by formula, and what Graft says of them. */
export interface ParityModel {
  context: ExportContext;
  /** RGB 0..255, [height, width, 3] each. */
  pixels: Uint8Array[];
  /** [numClasses] each. */
  expected: Float32Array[];
  dispose(): void;
}

/** The backbone with fewest parameters of every family. */
export function smallestOfFamilies(): BackboneSpec[] {
  const smallest = new Map<string, BackboneSpec>();
  for (const spec of backbones) {
    const known = smallest.get(spec.family);
    if (!known || spec.numParameters < known.numParameters) smallest.set(spec.family, spec);
  }
  return [...smallest.values()];
}

/** Two sizes of input, both small enough for all of a catalogue; the second with sides that differ and are no powers of two. */
export function inputSizes({ minInputSize }: BackboneSpec): [number, number][] {
  return [
    [Math.max(minInputSize, 96), Math.max(minInputSize, 96)],
    [Math.max(minInputSize, 96) + 37, Math.max(minInputSize, 96) + 14],
  ];
}

/** Builds preprocessing, backbone and head, the last layers of the backbone trainable, as a run leaves them. */
export async function parityModel(spec: BackboneSpec, inputSize: readonly [number, number]): Promise<ParityModel> {
  const base = await spec.build(inputSize);
  const weights = expectedWeights(base).flatMap((layer) =>
    layer.weights.map(
      ({ name, shape }) => [`${layer.name}/${name}`, { shape, data: formulaWeight(layer.name, name, shape) }] as const,
    ),
  );
  await setWeights(base, new Map(weights));
  base.layers.forEach((layer, index) => (layer.trainable = index > base.layers.length * 0.8));
  const whole = await withPreprocessing({ spec, model: base, inputSize, weightsSha256: '' });
  const [height, width] = inputSize;
  const pixels = Array.from({ length: numPictures }, (_, index) => formulaPicture(index, height, width));
  const featureShape = base.outputs[0]!.shape.slice(1) as [number, number, number];
  const config = { kind: 'gap', denseUnits: null, dropout: 0.2, featureShape, numClasses: classNames.length } as const;
  const pooled = pixels.map((picture) => tf.tidy(() => (run(whole, picture, inputSize) as tf.Tensor4D).mean([1, 2]).dataSync<'float32'>() as never) as Float32Array); // prettier-ignore
  const model = attachHead(tf, whole, config, formulaHead(pooled));
  const expected = pixels.map((picture) => tf.tidy(() => run(model, picture, inputSize).dataSync<'float32'>() as never) as Float32Array); // prettier-ignore
  return {
    context: {
      model,
      options: { precision: 'float32', foldBatchNormalization: false },
      classNames,
      inputSize,
      provenance: {
        graftVersion: '0.0.0',
        backboneId: spec.id,
        backboneName: spec.name,
        backboneLicence: spec.licence,
        backbonePaper: spec.paper,
        weightsOrigin: 'Made by formula.',
        weightsSha256: '',
        head: 'gap',
        numTrainImages: 0,
        testAccuracy: null,
        trainedOn: '2026-01-31',
      },
      run: exportedRun(),
    },
    pixels,
    expected,
    dispose() {
      model.dispose();
      base.dispose();
    },
  };
}

const run = (model: tf.LayersModel, picture: Uint8Array, [height, width]: readonly [number, number]) =>
  model.predict(tf.tensor4d(picture, [1, height, width, 3], 'float32')) as tf.Tensor;

/** A head that answers with what sets the pictures apart: their mean features weigh nothing. */
function formulaHead(pooled: readonly Float32Array[]) {
  const [numChannels, numClasses] = [pooled[0]!.length, classNames.length];
  const kernel = formulaWeight('predictions', 'kernel', [numChannels, numClasses]);
  const mean = pooled[0]!.map((_, channel) => pooled.reduce((sum, row) => sum + row[channel]!, 0) / pooled.length);
  const logits = (features: Float32Array) =>
    Array.from({ length: numClasses }, (_, c) => features.reduce((sum, value, i) => sum + value * kernel[i * numClasses + c]!, 0)); // prettier-ignore
  const middle = logits(mean);
  const spread = Math.max(...pooled.flatMap((row) => logits(row).map((logit, c) => Math.abs(logit - middle[c]!))));
  const factor = largestLogit / spread;
  return {
    'predictions/kernel': { shape: [numChannels, numClasses], values: kernel.map((value) => value * factor) },
    'predictions/bias': { shape: [numClasses], values: Float32Array.from(middle, (logit) => -logit * factor) },
  };
}
