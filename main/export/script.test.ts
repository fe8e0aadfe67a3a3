import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import type { RecipeInput } from '../../contract/run.ts';
import { backbones } from '../backbones/registry.ts';
import { tf } from '../native/tf.ts';
import { exportedRun } from '../testing/exported-run.ts';
import type { ExportContext, ExportedRun } from './format.ts';
import { scriptFormat } from './script.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;
let folder: string;
let model: tf.LayersModel;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'graft-script-'));
  model = tinyModel();
});
afterAll(async () => {
  model.dispose();
  await rm(folder, { recursive: true, force: true });
});

const contextOf = (recipe: RecipeInput, facts: Partial<ExportedRun> = {}, classNames = ['ant', 'zebra']) =>
  ({
    model,
    options: { precision: 'float32', foldBatchNormalization: false },
    classNames,
    inputSize: [224, 224],
    provenance: {
      graftVersion: '0.1.0',
      backboneId: 'mobilenet-v2-1.0',
      backboneName: 'MobileNetV2',
      backboneLicence: 'Apache-2.0',
      backbonePaper: 'https://arxiv.org/abs/1801.04381',
      weightsOrigin: 'Drawn for a test.',
      weightsSha256: 'abc',
      head: 'gap',
      numTrainImages: 1,
      testAccuracy: null,
      trainedOn: '2026-01-31',
    },
    run: exportedRun({ backbone: 'mobilenet-v2-1.0', ...recipe }, facts),
  }) satisfies ExportContext;

/** Writes a script. @returns its text, the split's, and whether Python takes it, where there is one */
async function written(context: ExportContext) {
  const out = await mkdtemp(path.join(folder, 'run-'));
  const files = await scriptFormat.write(context, out);
  const script = path.join(out, 'train.py');
  if (hasPython) execFileSync('python3', ['-m', 'py_compile', script]);
  else process.stderr.write('no python3 here: scripts are not compiled\n');
  const text = await readFile(script, 'utf8');
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  return { out, files, text, splits: await readFile(path.join(out, 'splits.csv'), 'utf8') };
}

describe('scriptFormat', () => {
  it('writes the backbone, the head and one training where all of the backbone is frozen', async () => {
    const { text, files } = await written(contextOf({ head: { denseUnits: 64, dropout: 0.5 }, epochs: 7 }));
    expect(files).toEqual(['train.py', 'splits.csv']);
    expect(text).toContain('input_shape=(HEIGHT, WIDTH, 3), alpha=1.0, include_top=False, weights=weights');
    expect(text).toContain('x = keras.applications.mobilenet_v2.preprocess_input(pixels)');
    expect(text).toContain('x = base(x, training=False)');
    expect(text).toContain('x = keras.layers.Dense(64, activation="relu")(x)\n    x = keras.layers.Dropout(0.5)(x)');
    expect(text.match(/^ {4}train\(model, .*/gm)).toEqual(['    train(model, "head", 7, 0.001, *pictures, args.out)']);
    expect(text).toContain('default="imagenet"');
  });

  it('fine-tunes from a layer on, with a learning rate of its own', async () => {
    const { text } = await written(contextOf({ trainable: { from: 'block_13_expand' }, fineTune: { epochs: 3 } }));
    expect(text).toContain(
      'first = names.index("block_13_expand")\n    unfreeze(base, names[first:])\n    train(model, "fine-tune", 3, 0.00001, *pictures, args.out)',
    );
  });

  it('names the layers where they do not follow each other', async () => {
    const layers = Array.from({ length: 40 }, (_, index) => `block_${index}_expand`);
    const { text } = await written(contextOf({ trainable: { layers } }));
    expect(text).toContain('LAYERS_OF_PHASE_2 = [\n    "block_0_expand", "block_1_expand",');
    expect(text).toContain('unfreeze(base, LAYERS_OF_PHASE_2)');
  });

  it('does what the runs before it did, one after the other', async () => {
    const { recipes } = exportedRun({ backbone: 'vgg16', epochs: 4 });
    const child = exportedRun({ backbone: 'vgg16', trainable: 'all', fineTune: { epochs: 2, learningRate: 1e-4 } });
    const { text } = await written(contextOf({}, { recipes: [...recipes, ...child.recipes] }));
    expect(text.match(/^ {4}(train\(model|unfreeze\().*$/gm)).toEqual([
      '    train(model, "head", 4, 0.001, *pictures, args.out)',
      '    unfreeze(base, names)',
      '    train(model, "fine-tune", 2, 0.0001, *pictures, args.out)',
    ]);
  });

  it('says so when the run that it began with is gone', async () => {
    const context = contextOf({}, { missingParentRunId: 'run-1' });
    await expect(written(context)).rejects.toThrow(new GraftError('run-not-found', { runId: 'run-1' }));
  });

  it('writes every part of a recipe that has all of them', async () => {
    const { text } = await written(
      contextOf({
        head: { kind: 'flatten' },
        optimizer: 'adamw',
        weightDecay: 0.01,
        labelSmoothing: 0.1,
        schedule: { kind: 'cosine' },
        warmUpEpochs: 1,
        accumulateBatches: 4,
        classWeights: 'balanced',
        earlyStopping: { patience: 3 },
        augmentation: { strength: 'strong' },
        seed: 7,
      }),
    );
    for (const line of [
      'x = keras.layers.Flatten()(x)',
      'keras.optimizers.AdamW(\n        learning_rate, weight_decay=0.01, gradient_accumulation_steps=4\n    )',
      'optimizer.exclude_from_weight_decay(var_list=others)',
      'loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)',
      'share = min(1.0, (done - 1.0) / max(1e-9, self.epochs - 1.0))',
      'class_weight=class_weights(train_pictures.labels),',
      'restore_best_weights=True,',
      'keras.layers.RandomRotation(30.0 / 360),',
      'x = augmentation()(pixels)',
      'SEED = 7',
    ])
      expect(text).toContain(line);
  });

  it('does not change pictures where Graft had only the picture itself', async () => {
    const { text } = await written(contextOf({ augmentation: { strength: 'light', numViews: 1 } }));
    expect(text).not.toContain('augmentation');
  });

  it('asks for the weights where they were not Keras’s own', async () => {
    const { text } = await written(contextOf({}, { importedWeights: 'f00d' }));
    expect(text).toContain('# f00d\n');
    expect(text).toContain('required=True');
  });

  it('keeps names what they are, whatever stands in them', async () => {
    const name = 'a"\\\n"""\u202e日本\'; import os #';
    const { text, splits } = await written(
      contextOf({}, { images: [{ path: 'a,b/"=x".jpg', className: name, split: 'test' }] }, [name, 'b']),
    );
    expect(text).toContain('CLASS_NAMES = ["a\\"\\\\\\n\\"\\"\\"\\u202e日本\'; import os #", "b"]');
    expect(splits).toBe('path,class,split\r\n"a,b/""=x"".jpg","a""\\\n""""""\u202e日本\'; import os #",test\r\n');
    expect(text).toContain('for split in ["validation", "test"]:');
  });

  it('brings a backbone along that Keras does not have', async () => {
    const { text, files, out } = await written(
      contextOf({}, { ...exportedRun({ backbone: 'resnet18' }), loadPretrained: async () => tinyModel() }),
    );
    expect(files).toContain('backbone.keras');
    expect((await readFile(path.join(out, 'backbone.keras'))).subarray(0, 2).toString()).toBe('PK');
    expect(text).toContain('base = keras.models.load_model(HERE / "backbone.keras", compile=False)');
    expect(text).not.toContain('--weights');
  });

  it('brings pictures along that were added in Graft, under numbers', async () => {
    const images: ExportedRun['images'] = [{ path: '.graft-added/ab12.jpg', className: 'ant', split: 'train' }];
    const decode = async () => new Uint8Array(224 * 224 * 3);
    const { text, files, splits } = await written(contextOf({}, { images, decode }));
    expect(files).toContain('added/00001.png');
    expect(splits).toContain('added/00001.png,ant,train');
    expect(text).toContain('(HERE if row["path"].startswith("added/") else data) / row["path"]');
  });

  it('puts them in a folder that no folder of the user’s is called like', async () => {
    const paths = ['.graft-added/ab12.jpg', 'added/ant/1.jpg', 'added-2/ant/1.jpg'];
    const images = paths.map((file) => ({ path: file, className: 'ant', split: 'train' as const }));
    const decode = async () => new Uint8Array(224 * 224 * 3);
    const { text, files, splits } = await written(contextOf({}, { images, decode }));
    expect(files).toContain('added-3/00001.png');
    expect(splits).toContain('added-3/00001.png,ant,train\r\nadded/ant/1.jpg,ant,train');
    expect(text).toContain('(HERE if row["path"].startswith("added-3/") else data) / row["path"]');
  });

  it('is Python for every backbone of the catalogue', async () => {
    const texts: string[] = [];
    for (const backbone of backbones) {
      const facts = { backbone, loadPretrained: async () => tinyModel() };
      const out = await mkdtemp(path.join(folder, 'all-'));
      await scriptFormat.write(contextOf({}, facts), out);
      texts.push(await readFile(path.join(out, 'train.py'), 'utf8'));
    }
    const constructors = texts.flatMap((text) => /keras\.applications\.(\w+)\(/.exec(text)?.[1] ?? []);
    expect(new Set(constructors).size).toBeGreaterThan(30);
    if (!hasPython) return;
    const file = path.join(folder, 'texts.json');
    await writeFile(file, JSON.stringify(texts));
    const check = 'import ast, json, sys; [ast.parse(t) for t in json.load(open(sys.argv[1], encoding="utf-8"))]';
    execFileSync('python3', ['-c', check, file]);
  });
});

function tinyModel(): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 3] });
  const output = tf.layers.conv2d({ name: 'conv', filters: 2, kernelSize: 3 }).apply(input) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}
