import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { GraftError } from '../../../contract/errors.ts';
import { maxFileBytes } from '../../native/hdf5.ts';
import { hdf5Pieces, type Hdf5Group } from '../../native/hdf5-write.ts';
import { writeFileAtomic } from '../../store/write-atomic.ts';
import { modelConfig } from './config.ts';
import type { KerasModel } from './lower.ts';
import { datasetOf, type Precision } from './weights.ts';

/** The oldest Keras that reads the file: before it, inputs were lists even where there is one. */
const kerasVersion = '3.4.0';
/** More than the archive adds to what is in it: names and sizes of three files, twice. */
const maxFrameBytes = 1024;
/** The same in every file and time zone, for the archive notes local time: the same model gives the same bytes. */
const entryOptions = () => ({ mtime: new Date(1980, 0, 1), forceDosTimestamp: true, mode: 0o100644, compress: false });

/**
 * Writes a model as the `.keras` archive of Keras 3.
 *
 * @param model in the words of Keras 3
 * @param savedOn day, as 2026-01-31
 * @param graft JSON that goes along in `metadata.json`; Keras does not mind it
 * @param maxBytes what Graft's own reader takes, by which the file is proved
 * @throws export-too-large, before anything is written; disk-full, cannot-write
 */
export async function writeKeras(
  model: KerasModel,
  file: string,
  precision: Precision,
  savedOn: string,
  graft: object,
  maxBytes = maxFileBytes,
): Promise<void> {
  const metadata = jsonBytes({ keras_version: kerasVersion, date_saved: `${savedOn}@00:00:00`, graft });
  const config = jsonBytes(modelConfig(model));
  const weights = hdf5Pieces(weightsGroup(model, precision));
  const sizeBytes = metadata.length + config.length + weights.sizeBytes + maxFrameBytes;
  if (sizeBytes > maxBytes) throw new GraftError('export-too-large', { format: 'keras', sizeBytes, maxBytes });
  const zip = new ZipFile();
  const bytes = zip.outputStream as Readable;
  zip.on('error', (error: Error) => bytes.destroy(error));
  zip.addBuffer(metadata, 'metadata.json', entryOptions());
  zip.addBuffer(config, 'config.json', entryOptions());
  zip.addReadStreamLazy('model.weights.h5', { ...entryOptions(), size: weights.sizeBytes }, (hand) => {
    const pieces = Readable.from(weights.pieces, { objectMode: false, highWaterMark: 1 });
    pieces.on('error', (error) => bytes.destroy(error));
    hand(null, pieces);
  });
  zip.end();
  await writeFileAtomic(file, bytes as AsyncIterable<Uint8Array>);
}

const jsonBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Weights by the class of their layer, numbered in the order of the model: `layers/conv2d_1/vars/0`. */
function weightsGroup(model: KerasModel, precision: Precision): Hdf5Group {
  const numOfClass = new Map<string, number>();
  const groups = new Map<string, Hdf5Group>();
  for (const { className, name, weights } of model.layers) {
    const own = snakeCase(className);
    const index = numOfClass.get(own) ?? 0;
    numOfClass.set(own, index + 1);
    const datasets = weights.map((weight, at) => [String(at), datasetOf(weight, precision)] as const);
    const vars = { attributes: { name }, members: new Map(datasets) };
    groups.set(index === 0 ? own : `${own}_${index}`, { attributes: {}, members: new Map([['vars', vars]]) });
  }
  const container = { attributes: {}, members: groups };
  const own = { attributes: { name: model.name }, members: new Map<string, Hdf5Group>() }; // empty, but early Keras 3 looks for it
  return {
    attributes: {},
    members: new Map<string, Hdf5Group>([
      ['layers', container],
      ['vars', own],
    ]),
  };
}

/** A class's name as Keras's `to_snake_case` writes it. */
const snakeCase = (className: string): string =>
  className
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
