import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-node';
import { z } from 'zod';
import type { WeightsState } from '../../contract/backbone.ts';
import { GraftError } from '../../contract/errors.ts';
import { readJson } from '../store/read-json.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';
import { kerasClassName } from './custom-layers.ts';
import { requireSize } from './feature-shape.ts';
import { archivedWeights } from './keras-archive.ts';
import { readSafetensors, safetensorsPieces, type NamedTensors } from './safetensors.ts';
import type { BackboneSpec, LoadedBackbone } from './spec.ts';
import { sizes, TensorMismatch, type ExpectedLayer } from './tensor-plan.ts';
import { timmTensors } from './timm.ts';

/** Where weights lie: `home` is Graft's home (imported weights in `weights/`), `assets` the folder of those that Graft ships. */
export interface WeightPlaces {
  home: string;
  assets: string;
}

/** What is kept beside imported weights. Only the name of the source file: its folder is nobody's business. */
const WeightsRecord = z.object({
  formatVersion: z.literal(1),
  backboneId: z.string(),
  sourceFile: z.string(),
  sourceSha256: z.string(),
  /** True when the file is Keras's own, by its published checksum or by where it was downloaded. */
  official: z.boolean(),
  /** Of the `.safetensors` file. */
  sha256: z.string(),
  sizeBytes: z.int(),
});
export type WeightsRecord = z.infer<typeof WeightsRecord>;

/** What Node reads at once. The largest file, ConvNeXtXLarge's, has 1.4 GB. */
const maxImportBytes = 2 ** 31 - 1;

/**
 * Tells whether a backbone's weights are here, without reading them. Loads no native code. Weights that the user imported go
 * before embedded ones.
 *
 * @returns `sha256` of the embedded file, or of the file that was imported, as `sha256sum` would say
 */
export async function weightsState(spec: BackboneSpec, places: WeightPlaces): Promise<WeightsState> {
  const { official, embedded } = spec.weights;
  const source = { officialFile: official?.file ?? null, officialUrl: official?.url ?? null };
  const record = await readRecord(spec, places);
  if (record) return { state: record.official ? 'official' : 'imported', sha256: record.sourceSha256, ...source };
  if (embedded && (await sizeOf(path.join(places.assets, embedded.file))) !== null)
    return { state: 'embedded', sha256: embedded.sha256, ...source };
  return { state: 'missing', sha256: null, ...source };
}

/**
 * Reads a backbone's weights and checks every byte. Loads no native code.
 *
 * @throws weights-missing, weights-damaged
 */
export async function verifyWeights(spec: BackboneSpec, places: WeightPlaces): Promise<{ sha256: string }> {
  const { sha256 } = await readWeights(spec, places);
  return { sha256 };
}

/**
 * Takes a weight file in: Keras's `.h5`, `.weights.h5` or `.keras`, with or without a classifier, or `.safetensors` with
 * Graft's names or timm's. Every tensor of the backbone must be there in its shape. Loads TensorFlow.js; run it in a worker.
 *
 * @param source a path, or bytes (then `name` says what to call them)
 * @param isKnownOfficial it comes from the official address; else the official checksum decides
 * @throws path-not-found, weights-not-readable, weights-mismatch, disk-full, cannot-write
 */
export async function importWeights(
  spec: BackboneSpec,
  source: string | Uint8Array,
  places: WeightPlaces,
  name = 'weights.h5',
  isKnownOfficial = false,
): Promise<WeightsRecord> {
  const where = typeof source === 'string' ? source : name;
  const bytes = typeof source === 'string' ? await readSource(source) : source;
  const tensors = await readTensors(spec, bytes, where);
  const official = isKnownOfficial || isOfficial(spec, bytes);
  const origin = { sourceFile: path.basename(where), sourceSha256: hash('sha256', bytes) };
  return storeWeights(spec.id, tensors, origin, places.home, official);
}

/**
 * Keeps a backbone's tensors in the home, with a record of where they come from.
 *
 * @param tensors by `<layer>/<weight>`, complete and checked
 * @throws disk-full, cannot-write
 */
export async function storeWeights(
  backboneId: string,
  tensors: NamedTensors,
  source: { sourceFile: string; sourceSha256: string },
  home: string,
  official = false,
): Promise<WeightsRecord> {
  const { sha256, sizeBytes } = hashPieces(safetensorsPieces(tensors));
  const record: WeightsRecord = { formatVersion: 1, backboneId, ...source, official, sha256, sizeBytes };
  const files = homeFiles(backboneId, home);
  // Weights without their record count as missing: a crash here leaves nothing half. The same ones need not go first.
  if ((await readJson(files.record, WeightsRecord))?.sha256 !== sha256) await rm(files.record, { force: true });
  await writeFileAtomic(files.weights, safetensorsPieces(tensors));
  await writeFileAtomic(files.record, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** Takes a backbone's weights out of the home; those that are not there are no error. */
export async function removeWeights(backboneId: string, home: string): Promise<void> {
  const files = homeFiles(backboneId, home);
  await rm(files.record, { force: true });
  await rm(files.weights, { force: true });
}

/**
 * Builds a backbone for an input size and gives it its weights: the user's imported ones, else the embedded ones, never
 * random ones. Loads TensorFlow.js.
 *
 * @param inputSize [height, width] in pixels
 * @returns the caller disposes `model`
 * @throws input-size-too-small, input-size-fixed, weights-missing, weights-damaged, tensorflow-missing
 */
export async function loadBackbone(
  spec: BackboneSpec,
  inputSize: readonly [number, number],
  places: WeightPlaces,
): Promise<LoadedBackbone> {
  requireSize(spec, inputSize);
  const { tensors, sha256 } = await readWeights(spec, places);
  const model = await spec.build(inputSize);
  try {
    await setWeights(model, tensors);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { spec, model, inputSize, weightsSha256: sha256 };
}

/** The layers of a model that have weights, with names and shapes, in the model's order. */
export function expectedWeights(model: tf.LayersModel): ExpectedLayer[] {
  return model.layers
    .filter((layer) => layer.weights.length > 0)
    .map((layer) => ({
      name: layer.name,
      className: kerasClassName(layer),
      // `originalName` is `<layer>/<weight>`; the layer's part may carry a suffix that makes it unique in the process.
      weights: layer.weights.map((weight) => ({
        name: weight.originalName.split('/').at(-1)!,
        shape: weight.shape as number[],
      })),
    }));
}

/** Sets every weight of a model from tensors named `<layer>/<weight>`. @throws Error when one is not there or has another shape */
export async function setWeights(model: tf.LayersModel, tensors: NamedTensors): Promise<void> {
  const { tf } = await import('../native/tf.ts');
  for (const { name: layer, weights } of expectedWeights(model))
    tf.tidy(() => {
      const values = weights.map(({ name, shape }) => {
        const found = tensors.get(`${layer}/${name}`);
        if (found?.shape.join() !== shape.join())
          throw new Error(`${layer}/${name} is not [${shape.join(', ')}] in the weights`);
        return tf.tensor(found.data, [...found.shape], 'float32');
      });
      model.getLayer(layer).setWeights(values);
    });
}

async function readTensors(spec: BackboneSpec, bytes: Uint8Array, where: string): Promise<NamedTensors> {
  const model = await spec.build([spec.minInputSize, spec.minInputSize]);
  const expected = expectedWeights(model);
  model.dispose();
  const names = new Set(expected.flatMap(({ name, weights }) => weights.map((weight) => `${name}/${weight.name}`)));
  try {
    const tensors = await readFormat(spec, bytes, expected, names);
    const kept = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for (const layer of expected)
      for (const weight of layer.weights) {
        const name = `${layer.name}/${weight.name}`;
        const found = tensors.get(name);
        if (found?.shape.join() !== weight.shape.join())
          throw new TensorMismatch(name, sizes(weight.shape), found ? sizes(found.shape) : 'nothing');
        if (!found.data.every(Number.isFinite)) throw new Error(`${name} holds numbers that are not finite`);
        kept.set(name, found);
      }
    return kept;
  } catch (cause) {
    if (cause instanceof TensorMismatch)
      throw new GraftError(
        'weights-mismatch',
        { path: where, layer: cause.layer, expected: cause.expected, found: cause.found },
        { cause },
      );
    throw new GraftError(
      'weights-not-readable',
      { path: where, problem: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}

/** Reads a file in whichever of the known formats it is, by its first bytes. */
async function readFormat(
  spec: BackboneSpec,
  bytes: Uint8Array,
  expected: readonly ExpectedLayer[],
  names: ReadonlySet<string>,
): Promise<NamedTensors> {
  const hdf5 = isHdf5(bytes) ? bytes : archivedWeights(bytes);
  if (hdf5) return (await import('./keras-h5.ts')).readKerasH5(hdf5, expected);
  const { timm } = spec.weights;
  return (timm && timmTensors(bytes, expected, timm)) ?? readSafetensors(bytes, (name) => names.has(name));
}

async function readWeights(
  spec: BackboneSpec,
  places: WeightPlaces,
): Promise<{ tensors: NamedTensors; sha256: string }> {
  const record = await readRecord(spec, places);
  const { official, embedded } = spec.weights;
  const file = record ? homeFiles(spec.id, places.home).weights : embedded && path.join(places.assets, embedded.file);
  const bytes = file && (await readFile(file).catch(ignoreMissing));
  if (!bytes)
    throw new GraftError('weights-missing', {
      backboneId: spec.id,
      officialFile: official?.file ?? embedded?.file ?? '',
      officialUrl: official?.url ?? '',
    });
  const expected = record?.sha256 ?? embedded!.sha256;
  const found = hash('sha256', bytes);
  if (found !== expected) throw new GraftError('weights-damaged', { backboneId: spec.id, expected, found });
  return { tensors: readSafetensors(bytes), sha256: found };
}

async function readRecord(spec: BackboneSpec, places: WeightPlaces): Promise<WeightsRecord | null> {
  const files = homeFiles(spec.id, places.home);
  const text = await readFile(files.record, 'utf8').catch(ignoreMissing);
  if (text === null) return null;
  const record = WeightsRecord.safeParse(parseJson(text)).data;
  return record && (await sizeOf(files.weights)) !== null ? record : null;
}

async function readSource(file: string): Promise<Uint8Array> {
  const info = await stat(file).catch(ignoreMissing);
  if (!info) throw new GraftError('path-not-found', { path: file });
  if (!info.isFile()) throw new GraftError('weights-not-readable', { path: file, problem: 'not a file' });
  if (info.size > maxImportBytes)
    throw new GraftError('weights-not-readable', { path: file, problem: `larger than ${maxImportBytes} bytes` });
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new GraftError('weights-not-readable', { path: file, problem: cause.code ?? cause.message }, { cause });
  });
}

function homeFiles(backboneId: string, home: string): { weights: string; record: string } {
  const base = path.join(home, 'weights', backboneId);
  return { weights: `${base}.safetensors`, record: `${base}.json` };
}

async function sizeOf(file: string): Promise<number | null> {
  return (await stat(file).catch(ignoreMissing))?.size ?? null;
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a damaged record counts as none
  }
}

const hdf5Signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const isHdf5 = (bytes: Uint8Array): boolean => hdf5Signature.every((byte, index) => bytes[index] === byte);

/** Whether bytes are Keras's own file, by the checksum that its sources carry. */
function isOfficial({ weights: { official } }: BackboneSpec, bytes: Uint8Array): boolean {
  if (official?.sha256 !== undefined) return hash('sha256', bytes) === official.sha256;
  return official?.md5 !== undefined && hash('md5', bytes) === official.md5;
}

function hashPieces(pieces: Iterable<Uint8Array>): { sha256: string; sizeBytes: number } {
  const sha256 = createHash('sha256');
  let sizeBytes = 0;
  for (const piece of pieces) {
    sha256.update(piece);
    sizeBytes += piece.byteLength;
  }
  return { sha256: sha256.digest('hex'), sizeBytes };
}

const hash = (algorithm: 'sha256' | 'md5', bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest('hex');
