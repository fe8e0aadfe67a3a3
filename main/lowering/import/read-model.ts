import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GraftError } from '../../../contract/errors.ts';
import { readOwnFile, readTfjsParts } from '../tfjs/read-model.ts';
import { maxFileBytes, openHdf5 } from '../../native/hdf5.ts';
import { placeLayers, type Architecture, type PlacedLayer } from '../../backbones/architecture.ts';
import { archivedFile, isArchive } from '../../backbones/keras-archive.ts';
import { readKerasH5 } from '../../backbones/keras-h5.ts';
import { readKerasConfig, type Dialect, type ReadArchitecture } from './keras-config.ts';
import type { NamedTensors } from '../../backbones/safetensors.ts';
import { fits, sizes, TensorMismatch, type ExpectedLayer } from '../../backbones/tensor-plan.ts';

const maxConfigChars = 64 * 1024 * 1024;
const maxBesideBytes = 4 * 1024 * 1024;
/** Weights hardly shrink: a file that says it holds more than this times its size is a bomb. */
const maxRatio = 1000;
const nothing = new Uint8Array();
const Metadata = z.object({
  keras_version: z.string().optional(),
  graft: z.record(z.string(), z.unknown()).optional(),
});
/** What a folder or archive of TensorFlow.js, of Teachable Machine or of Graft's own holds. */
const usualNames = ['model.json', 'keras_model.h5', 'model.keras', 'model.h5'];

/** A model that somebody saved: read, nothing of it run, every layer on the list. */
export interface BroughtModel {
  /** Whole, with its classifier. */
  architecture: Architecture;
  layers: PlacedLayer[];
  /** By `<layer>/<weight>`, all of `layers`, shapes checked, finite. */
  tensors: NamedTensors;
  /** Without its folder. */
  sourceFile: string;
  sourceSha256: string;
  /** What its writer put into it besides, as it stands there; empty where there is nothing. */
  metadata: Record<string, unknown>;
  /** Reads a small text beside it, in its archive or folder, by a plain name. @returns null when there is none that can be read */
  beside(name: string): Promise<string | null>;
}

/**
 * Reads a model: `.keras`, `.h5` with its configuration, `model.json` of TensorFlow.js with its weights beside it, the ZIP that
 * Teachable Machine gives for Keras, or a folder that holds one of them. Loads no TensorFlow but for `model.json`.
 *
 * @param file absolute path
 * @throws path-not-found, model-not-readable, model-layer-refused, weights-mismatch, weights-not-readable
 */
export async function readBroughtModel(file: string): Promise<BroughtModel> {
  const source = await sourceFile(file);
  const bytes = await readFile(source);
  try {
    const model = isJson(bytes) ? await fromTfjs(source, null) : await fromKeras(source, bytes);
    const { read } = model;
    const layers = placeLayers(read.architecture);
    const expected = expectedLayers(layers, read.originalNames);
    // Weights that are constants are in no file, but take memory too.
    const numValues = layers.flatMap(({ weights }) => weights).reduce((sum, { shape }) => sum + product(shape), 0);
    if (numValues * 4 > (bytes.length + model.beside.length) * maxRatio)
      throw new Error('it says to be far larger than it is');
    const found = await model.tensors(expected.filter(({ weights }) => weights.length > 0));
    const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    layers.forEach((layer, index) => {
      const weights = layer.weights.filter(({ constant }) => constant === undefined);
      for (const { name } of weights) {
        const tensor = found.get(`${expected[index]!.name}/${name}`)!;
        if (!tensor.data.every(Number.isFinite))
          throw new Error(`${layer.name}/${name} holds numbers that are not finite`);
        tensors.set(`${layer.name}/${name}`, tensor);
      }
      for (const { name, shape, constant } of layer.weights)
        if (constant !== undefined)
          tensors.set(`${layer.name}/${name}`, { shape, data: new Float32Array(product(shape)).fill(constant) });
    });
    return {
      architecture: read.architecture,
      layers,
      tensors,
      sourceFile: path.basename(source),
      sourceSha256: createHash('sha256').update(bytes).update(model.beside).digest('hex'),
      metadata: model.metadata,
      beside: (name) => readBeside(source, bytes, name),
    };
  } catch (cause) {
    throw inWords(source, cause);
  }
}

/**
 * The layer at which a classifier is best cut off: the last with maps of more than one place that everything after it goes
 * through, dropout left out.
 *
 * @returns null when there is none
 */
export function suggestCut(layers: readonly PlacedLayer[]): string | null {
  return cutsOf(layers).findLast(({ type }) => !type.includes('Dropout'))?.name ?? null;
}

/** Layers with feature maps at which a model can be cut. */
export function cutsOf(layers: readonly PlacedLayer[]): PlacedLayer[] {
  const at = new Map(layers.map(({ name }, index) => [name, index]));
  // The earliest layer that anything from each place on reads: below its own predecessor, it is bypassed.
  const earliest = new Array<number>(layers.length + 1).fill(layers.length);
  for (let index = layers.length - 1; index >= 0; index--)
    earliest[index] = Math.min(earliest[index + 1]!, ...layers[index]!.inputs.map((name) => at.get(name) ?? -1));
  return layers.filter(
    ({ shape, weights }, index) =>
      shape.length === 3 &&
      shape[0]! * shape[1]! > 1 &&
      earliest[index + 1]! >= index &&
      (weights.length > 0 || layers.slice(0, index).some((layer) => layer.weights.length > 0)),
  );
}

/**
 * Whether pixels go in as they are, for the model begins with layers that scale them: `Rescaling`, `Normalization`, or a 1×1
 * convolution that makes three channels of three, as Graft writes a factor a channel.
 */
export function scalesItself(layers: readonly PlacedLayer[]): boolean {
  const first = layers.findIndex(({ type }) => /Conv|Dense/.test(type));
  const isScaling = ({ type }: PlacedLayer) => type === 'Rescaling' || type === 'Normalization';
  return layers.slice(0, Math.max(0, first)).some(isScaling) || isChannelScaling(layers[first]);
}

function isChannelScaling(layer: PlacedLayer | undefined): boolean {
  if (layer?.type !== 'Conv2D') return false;
  const { activation } = layer.config as { activation?: unknown };
  return layer.weights[0]!.shape.join() === '1,1,3,3' && (activation ?? 'linear') === 'linear';
}

/** In the archive where there is one, else in the folder; never through a link. */
async function readBeside(source: string, bytes: Uint8Array, name: string): Promise<string | null> {
  try {
    const inside = isArchive(bytes) ? archivedFile(bytes, name, maxBesideBytes) : null;
    const text = inside ?? (await readOwnFile(path.join(path.dirname(source), name), maxBesideBytes));
    return new TextDecoder().decode(text);
  } catch {
    return null;
  }
}

interface ReadModel {
  read: ReadArchitecture;
  /** What was read besides the file itself. */
  beside: Uint8Array;
  metadata: Record<string, unknown>;
  tensors(expected: readonly ExpectedLayer[]): Promise<NamedTensors>;
}

async function fromKeras(source: string, bytes: Uint8Array): Promise<ReadModel> {
  if (isArchive(bytes)) {
    if (archivedFile(bytes, 'model.json')) return fromTfjs(source, bytes);
    const config = archivedFile(bytes, 'config.json', maxConfigChars);
    if (!config) {
      const name = usualNames.find((usual) => !usual.endsWith('.json') && archivedFile(bytes, usual));
      if (name === undefined) throw new Error(`the archive holds none of ${usualNames.join(', ')}`);
      const inner = archivedFile(bytes, name)!;
      if (isArchive(inner) && !archivedFile(inner, 'config.json', maxConfigChars))
        throw new Error(`its ${name} is an archive in an archive`);
      return fromKeras(source, inner);
    }
    const weights = archivedFile(bytes, 'model.weights.h5');
    if (!weights) throw new Error('the archive holds a configuration without weights');
    const metadata = archivedMetadata(bytes);
    return {
      read: readKerasConfig(parseJson(new TextDecoder().decode(config)), archivedDialect(metadata)),
      beside: nothing,
      metadata: marked(metadata.graft),
      tensors: (expected) => readKerasH5(weights, expected),
    };
  }
  const file = await openHdf5(bytes);
  let text: string | undefined;
  let dialect: Dialect;
  let graft: string | undefined;
  try {
    graft = file.texts('', 'graft')?.[0];
    text = file.texts('', 'model_config')?.[0];
    dialect = file.texts('', 'keras_version')?.[0]?.startsWith('3') ? 'keras3' : 'keras2';
  } finally {
    file.close();
  }
  if (text === undefined) throw new Error('it holds weights without a model');
  return {
    read: readKerasConfig(parseJson(text), dialect),
    beside: nothing,
    metadata: marked(graft !== undefined && parseJson(graft)),
    tensors: (expected) => readKerasH5(bytes, expected),
  };
}

/** What a `.keras` says of itself. @throws Error when it is not JSON */
function archivedMetadata(bytes: Uint8Array): z.infer<typeof Metadata> {
  const metadata = archivedFile(bytes, 'metadata.json', maxConfigChars);
  return Metadata.safeParse(metadata && parseJson(new TextDecoder().decode(metadata))).data ?? {};
}

/** The Keras that wrote a `.keras`: TensorFlow 2.12 to 2.15 wrote them too, with Keras 2. */
const archivedDialect = ({ keras_version: version }: z.infer<typeof Metadata>): Dialect =>
  version?.startsWith('2') ? 'keras2' : 'keras3';

/** Graft's own words, by the name they have wherever they lie. */
function marked(graft: unknown): Record<string, unknown> {
  return typeof graft === 'object' && graft !== null ? { graft } : {};
}

async function fromTfjs(file: string, archive: Uint8Array | null): Promise<ReadModel> {
  const { modelTopology, weightSpecs, weightData, metadata } = await readTfjsParts(
    file,
    archive ? async (name, maxBytes) => archivedPart(archive, name, maxBytes) : undefined,
  );
  return {
    read: readKerasConfig(modelTopology, 'tfjs'),
    // In an archive the weights are part of the file.
    beside: archive ? nothing : new Uint8Array(weightData),
    metadata,
    async tensors(expected) {
      const stored: { name: string; shape: readonly number[]; data: Float32Array }[] = [];
      let offset = 0;
      for (const { name, shape, dtype } of weightSpecs) {
        const length = product(shape);
        const data = dtype === 'float32' ? new Float32Array(weightData, offset, length) : Float32Array.from(new Int32Array(weightData, offset, length)); // prettier-ignore
        stored.push({ name, shape, data });
        offset += length * 4;
      }
      const byName = byEnding(stored);
      const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
      for (const layer of expected)
        for (const { name, shape } of layer.weights) {
          const key = `${layer.name}/${name}`;
          const alike = byName.get(lastTwo(key)) ?? [];
          const exact = alike.filter((tensor) => tensor.name === key);
          const found = exact.length > 0 ? exact : alike.filter((tensor) => tensor.name.endsWith(`/${key}`));
          if (found.length !== 1)
            throw new TensorMismatch(key, sizes(shape), found.length === 0 ? 'nothing' : 'several of that name');
          if (!fits(shape, found[0]!.shape)) throw new TensorMismatch(key, sizes(shape), sizes(found[0]!.shape));
          tensors.set(key, { shape, data: found[0]!.data });
        }
      return tensors;
    },
  };
}

/** Tensors by the last two parts of their names, so that each is found without going through all. */
function byEnding<T extends { name: string }>(stored: readonly T[]): Map<string, T[]> {
  const byName = new Map<string, T[]>();
  for (const tensor of stored) {
    const key = lastTwo(tensor.name);
    const alike = byName.get(key);
    if (alike) alike.push(tensor);
    else byName.set(key, [tensor]);
  }
  return byName;
}
const lastTwo = (name: string): string => name.split('/').slice(-2).join('/');

function archivedPart(archive: Uint8Array, name: string, maxBytes: number): Buffer {
  const part = archivedFile(archive, name, maxBytes);
  if (!part) throw new Error(`the archive holds no ${name}`);
  if (part.length > maxBytes) throw new Error(`${name} has ${part.length} bytes, at most ${maxBytes} expected`);
  return Buffer.from(part);
}

/** What the file must hold, by the names it uses; layers without weights too, in their places. */
function expectedLayers(layers: readonly PlacedLayer[], originalNames: ReadonlyMap<string, string>): ExpectedLayer[] {
  const uses = new Map<string, number>();
  for (const original of originalNames.values()) uses.set(original, (uses.get(original) ?? 0) + 1);
  return layers.map(({ name, type, weights }) => {
    const original = originalNames.get(name)!;
    return {
      name: uses.get(original) === 1 ? original : name,
      className: type,
      weights: weights.filter(({ constant }) => constant === undefined),
    };
  });
}

async function sourceFile(file: string): Promise<string> {
  const info = await stat(file).catch(() => null);
  if (!info) throw new GraftError('path-not-found', { path: file });
  if (info.isDirectory()) {
    for (const name of usualNames) {
      const inside = path.join(file, name);
      if ((await stat(inside).catch(() => null))?.isFile()) return sourceFile(inside);
    }
    throw notReadable(file, `a folder without ${usualNames.join(' or ')}`);
  }
  if (!info.isFile()) throw notReadable(file, 'not a file');
  if (info.size > maxFileBytes) throw notReadable(file, `larger than ${maxFileBytes} bytes`);
  return file;
}

const isJson = (bytes: Uint8Array): boolean => /^\s*\{/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 64)));

function parseJson(text: string): unknown {
  if (text.length > maxConfigChars) throw new Error('its configuration is too long');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('its configuration is not JSON', { cause });
  }
}

function inWords(file: string, cause: unknown): unknown {
  if (cause instanceof TensorMismatch)
    return new GraftError(
      'weights-mismatch',
      { path: file, layer: cause.layer, expected: cause.expected, found: cause.found },
      { cause },
    );
  if (cause instanceof GraftError) return cause;
  return notReadable(file, cause instanceof Error ? cause.message : String(cause), cause);
}

const notReadable = (file: string, problem: string, cause?: unknown): GraftError<'model-not-readable'> =>
  new GraftError('model-not-readable', { path: file, problem }, { cause });

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
