import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { csvField } from '../../contract/csv.ts';
import type { ExportUsage } from '../../contract/model.ts';
import { csvRecords } from '../dataset/label-csv.ts';
import { readZipEntry } from '../dataset/zip-entry.ts';
import type { RunAnswers } from '../engine/run-answers.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import type { Format } from './format.ts';
import { npyFloats, npyIntegers, npyTexts, readNpyHeader, readNpyTexts } from './npy.ts';
import { writeNpz } from './npz.ts';

const FEATURES_FILE = 'features.npz';
const PREDICTIONS_FILE = 'predictions.csv';
/** Columns before the probabilities. */
const columns = ['path', 'split', 'class', 'predicted'];

/**
 * What the backbone gives for each picture of the run, as NumPy reads it, and what the model says of it, as a table.
 * The certificate compares the table with the app's answers from the pictures themselves.
 */
export const featuresFormat = {
  id: 'features',
  takes: [],
  async write({ run, classNames }, folder) {
    const answers = await run.openAnswers();
    try {
      await writeNpz(path.join(folder, FEATURES_FILE), arraysOf(answers, classNames));
      await writeFileAtomic(path.join(folder, PREDICTIONS_FILE), predictionLines(answers, classNames));
    } finally {
      answers.close();
    }
    return [FEATURES_FILE, PREDICTIONS_FILE];
  },
  usage: featuresUsage,
  async predict(folder, _pixels, _inputSize, paths) {
    const file = path.join(folder, FEATURES_FILE);
    const places = new Map(readNpyTexts(await readZipEntry(file, 'paths.npy')).map((name, index) => [name, index]));
    const { shape } = readNpyHeader(await readZipEntry(file, 'features.npy', 256));
    const rows = await readProbabilities(path.join(folder, PREDICTIONS_FILE));
    if (shape[0] !== rows.length || places.size !== rows.length)
      throw new Error(`${shape[0]} rows of features, ${places.size} paths, ${rows.length} predictions`);
    return paths.map((name) => {
      const row = rows[places.get(name) ?? -1];
      if (!row) throw new Error(`no features of ${name}`);
      return row;
    });
  },
} satisfies Format;

function arraysOf({ images, numChannels, featuresOf }: RunAnswers, classNames: readonly string[]) {
  return {
    features: npyFloats(images.length, numChannels, featuresOf),
    labels: npyIntegers(images.map(({ className }) => classNames.indexOf(className))),
    class_names: npyTexts(classNames),
    paths: npyTexts(images.map((image) => image.path)),
    splits: npyTexts(images.map(({ split }) => split)),
  };
}

/** The table, a line at a time: path, split, class, predicted class, the probability of each class. */
function* predictionLines(
  { images, probabilitiesOf }: RunAnswers,
  classNames: readonly string[],
): Generator<Uint8Array> {
  const line = (cells: readonly string[]) => Buffer.from(`${cells.map(csvField).join(',')}\r\n`);
  yield line([...columns, ...classNames]);
  for (const [index, image] of images.entries()) {
    const probabilities = probabilitiesOf(index);
    const best = probabilities.reduce((top, value, i) => (value > probabilities[top]! ? i : top), 0);
    yield line([image.path, image.split, image.className, classNames[best]!, ...Array.from(probabilities, String)]);
  }
}

/** Rows of the table in its order. */
async function readProbabilities(file: string): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for (const { cells } of csvRecords(await readFile(file, 'utf8'), ','))
    rows.push(Float32Array.from(cells.slice(columns.length), Number));
  return rows.slice(1); // the first names the columns
}

/** Lines that train a classifier of one's own on the features. */
function featuresUsage(): ExportUsage {
  return {
    language: 'python',
    install: 'pip install numpy',
    code: `import numpy as np

data = np.load("features.npz")
features, labels = data["features"], data["labels"]
is_train, is_test = data["splits"] == "train", data["splits"] != "train"

# The nearest of the means of the classes, as an example of a model on features.
classes = np.unique(labels[is_train])
means = np.stack([features[is_train & (labels == label)].mean(axis=0) for label in classes])
distances = (means**2).sum(axis=1) - 2 * features[is_test] @ means.T  # squared, without the term that is the same for every class
print("accuracy", (classes[distances.argmin(axis=1)] == labels[is_test]).mean())`,
  };
}
