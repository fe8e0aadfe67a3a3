import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readZipEntry } from '../dataset/zip-entry.ts';
import type { RunAnswers } from '../engine/run-answers.ts';
import { exportedRun } from '../testing/exported-run.ts';
import type { ExportContext } from './format.ts';
import { featuresFormat } from './features.ts';
import { npyHeader, readNpyHeader, readNpyTexts } from './npy.ts';

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
const classNames = ['ant', '=1+1', '밤 🌙'];
const images: RunAnswers['images'] = [
  { path: 'a/1.jpg', className: 'ant', split: 'train' },
  { path: '=b,"/2.jpg', className: '밤 🌙', split: 'test' },
];
const probabilities = [Float32Array.of(0.7, 0.2, 0.1), Float32Array.of(0.1, 0.3, 0.6)];
let folder: string;
let isClosed: boolean;

const answers: RunAnswers = {
  images,
  numChannels: 2,
  featuresOf: (index) => Float32Array.of(index, 0.1),
  probabilitiesOf: (index) => probabilities[index]!,
  close: () => void (isClosed = true),
};
const context = { classNames, run: exportedRun({}, { openAnswers: async () => answers }) } as unknown as ExportContext;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'graft-features-'));
  isClosed = false;
  expect(await featuresFormat.write(context, folder)).toEqual(['features.npz', 'predictions.csv']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const array = (name: string) => readZipEntry(path.join(folder, 'features.npz'), `${name}.npy`);

describe('featuresFormat', () => {
  it('writes a row of features for each picture, with its path, label and split', async () => {
    const features = await array('features');
    const { type, shape, start } = readNpyHeader(features);
    expect({ type, shape }).toEqual({ type: '<f4', shape: [2, 2] });
    expect([0, 4, 8, 12].map((at) => features.readFloatLE(start + at))).toEqual([
      0,
      Math.fround(0.1),
      1,
      Math.fround(0.1),
    ]);
    const labels = await array('labels');
    expect(readNpyHeader(labels)).toMatchObject({ type: '<i8', shape: [2] });
    expect([labels.readBigInt64LE(labels.length - 16), labels.readBigInt64LE(labels.length - 8)]).toEqual([0n, 2n]);
    expect(readNpyTexts(await array('class_names'))).toEqual(classNames);
    expect(readNpyTexts(await array('paths'))).toEqual(images.map((image) => image.path));
    expect(readNpyTexts(await array('splits'))).toEqual(['train', 'test']);
    expect(isClosed).toBe(true);
  });

  it('writes what the model says of each picture, and no formula', async () => {
    expect(await readFile(path.join(folder, 'predictions.csv'), 'utf8')).toBe(
      [
        "path,split,class,predicted,ant,'=1+1,밤 🌙",
        `a/1.jpg,train,ant,ant,${[...probabilities[0]!].join(',')}`,
        `"'=b,""/2.jpg",test,밤 🌙,밤 🌙,${[...probabilities[1]!].join(',')}`,
        '',
      ].join('\r\n'),
    );
  });

  it('writes the same bytes for the same answers', async () => {
    const again = await mkdtemp(path.join(folder, 'again-'));
    await featuresFormat.write(context, again);
    const [first, second] = await Promise.all(
      [folder, again].map((place) => readFile(path.join(place, 'features.npz'))),
    );
    expect(second!.equals(first!)).toBe(true);
  });

  it('answers for a picture what it has written for it', async () => {
    const found = await featuresFormat.predict(folder, [], [1, 1], [images[1]!.path, images[0]!.path]);
    expect(found).toEqual([probabilities[1], probabilities[0]]);
  });

  it('has no answer for a picture that it does not hold', async () => {
    await expect(featuresFormat.predict(folder, [], [1, 1], ['other.jpg'])).rejects.toThrow('no features of other.jpg');
  });

  it('opens in NumPy without pickles', ({ skip }) => {
    if (!hasNumpy) skip('no numpy here to open it with');
    const script = `
import json, sys
import numpy as np
data = np.load(sys.argv[1], allow_pickle=False)
print(json.dumps({name: [str(data[name].dtype), data[name].tolist()] for name in data.files}))`;
    const file = path.join(folder, 'features.npz');
    const read = JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' })) as object;
    expect(read).toEqual({
      features: ['float32', [0, 1].map((first) => [first, Math.fround(0.1)])],
      labels: ['int64', [0, 2]],
      class_names: ['<U4', classNames],
      paths: ['<U10', images.map((image) => image.path)],
      splits: ['<U5', ['train', 'test']],
    });
  });
});

describe('npyHeader', () => {
  it('is what NumPy writes, filled up to a multiple of 64 bytes', () => {
    const header = npyHeader('<f4', [1200, 1280]);
    expect(header.length % 64).toBe(0);
    expect(header.subarray(0, 8).toString('hex')).toBe('934e554d50590100');
    expect(header.readUInt16LE(8)).toBe(header.length - 10);
    expect(header.toString('latin1', 10)).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1200, 1280\), \} *\n$/,
    );
  });

  it('writes a tuple of one with its comma', () => {
    expect(npyHeader('<i8', [3]).toString('latin1')).toContain("'shape': (3,), ");
  });
});
