import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { allBytes, answersOf, classifierContext, classifierPictures, secretsOf } from '../testing/small-classifier.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { Provenance } from './format.ts';
import { onnxFormat } from './onnx.ts';
import { comparePredictions } from './parity.ts';
import { savedmodelFormat } from './savedmodel.ts';

const pictures = classifierPictures();

/** Formats of one protobuf file each: what they write, and how a layer is called in it. */
const cases = [
  { name: 'onnxFormat', format: onnxFormat, wanted: ['model.onnx', 'labels.json'], node: (layer: string) => layer },
  {
    name: 'savedmodelFormat',
    format: savedmodelFormat,
    wanted: ['saved_model.pb', 'assets/labels.txt', 'labels.json'],
    node: (layer: string) => `${layer}/`,
  },
] as const;

/** Writes the small classifier and asks what was written. */
async function exported(
  format: (typeof cases)[number]['format'],
  options: Parameters<typeof classifierContext>[0] = {},
  facts: Partial<Provenance> = {},
) {
  const folder = await temporaryFolder();
  const whole = classifierContext(options);
  const context = { ...whole, provenance: { ...whole.provenance, ...facts } };
  const files = await format.write(context, folder);
  const expected = answersOf(context, pictures);
  const parity = comparePredictions(expected, await format.predict(folder, pictures, context.inputSize));
  context.model.dispose();
  const bytes = await allBytes(folder, files);
  return { folder, files, parity, bytes, text: bytes.toString('utf8') };
}

describe.each(cases)('$name', ({ format, wanted, node }) => {
  it('writes what answers as the app does, by its own runtime', async () => {
    const { folder, files, parity } = await exported(format);
    expect(files).toEqual(wanted);
    expect(parity).toMatchObject({ numImages: 4, numChangedLabels: 0 });
    expect(parity.maxAbsoluteDifference).toBeLessThan(1e-5);
    expect(JSON.parse(await readFile(path.join(folder, 'labels.json'), 'utf8'))).toEqual(['zebra', 'ant', '고양이']);
  });

  it('stores weights as float16 on request, and answers nearly the same', async () => {
    const [half, whole] = [await exported(format, { precision: 'float16' }), await exported(format)];
    expect(half.parity.maxAbsoluteDifference).toBeLessThan(1e-2);
    expect(half.parity.maxAbsoluteDifference).toBeGreaterThan(1e-7);
    expect(half.bytes.length / whole.bytes.length).toBeLessThan(0.75);
  });

  it('holds the labels and where the model comes from', async () => {
    const { text } = await exported(format);
    for (const fact of [
      '고양이',
      'Apache-2.0',
      'https://arxiv.org/abs/1801.04381',
      'By formula, for a test.',
      '2026-01-31',
    ])
      expect(text).toContain(fact);
  });

  it('shows every layer by its name in the app', async () => {
    const { text } = await exported(format);
    for (const layer of [
      'rescaling',
      'conv_pad',
      'conv',
      'conv_bn',
      'conv_relu',
      'mix',
      'join',
      'pool',
      'flatten',
      'dense',
      'dropout',
      'predictions',
    ])
      expect(text).toContain(node(layer));
  });

  it('writes the same bytes for the same model, and no word of person, machine or folder', async () => {
    const [first, second] = [await exported(format), await exported(format)];
    expect(first.bytes.equals(second.bytes)).toBe(true);
    for (const secret of secretsOf(first.folder)) expect(first.bytes.toString('latin1')).not.toContain(secret);
  });

  it('says how to use it, for its size of input and by its names', () => {
    const context = classifierContext();
    const { code, install } = format.usage(context);
    context.model.dispose();
    for (const word of ['(24, 20)', 'pixels', 'probabilities', 'labels.json']) expect(code).toContain(word);
    expect(install).toContain('pillow');
  });
});

describe('onnxFormat, for itself', () => {
  it('folds each normalisation into the convolution before it on request, and answers alike', async () => {
    const { parity, text } = await exported(onnxFormat, { foldBatchNormalization: true });
    expect(parity.maxAbsoluteDifference).toBeLessThan(1e-5);
    expect(text).not.toContain('BatchNormalization');
    expect((await exported(onnxFormat)).text).toContain('BatchNormalization');
  });

  it('says nothing of a licence that is not known', async () => {
    const own = { backboneName: 'a model of somebody’s own', backboneLicence: '' };
    expect((await exported(onnxFormat, {}, own)).text).toContain('on a model of somebody’s own, made with Graft');
    expect((await exported(onnxFormat)).text).toContain('on MobileNetV2 (Apache-2.0), made with Graft');
  });
});
