import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GraftError } from '../../../contract/errors.ts';
import { fromFloat16 } from '../../native/float16.ts';
import { tf } from '../../native/tf.ts';

const MAX_JSON_BYTES = 64 * 1024 * 1024;
const MAX_WEIGHT_BYTES = 2 ** 31;

/** Names that mean a file on every system: no folders, no drives, no streams, no devices. */
const FileName = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/);
const Size = z.int().min(0).max(MAX_WEIGHT_BYTES);
const ModelJson = z.object({
  // Early versions did not write it.
  format: z.literal('layers-model').optional(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z
    .array(
      z.object({
        paths: z.array(FileName).max(10_000),
        weights: z
          .array(
            z.object({
              name: z.string(),
              shape: z.array(Size).max(8),
              dtype: z.enum(['float32', 'int32']),
              // Other ways to store fewer bits round by a scale of their own.
              quantization: z.object({ dtype: z.literal('float16') }).optional(),
            }),
          )
          .max(100_000),
      }),
    )
    .max(1000),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

/**
 * Loads a TensorFlow.js layers model from a folder.
 *
 * What `model.json` says is not trusted: it may name files of its own folder only, no links, and their sizes must be
 * exactly those of the tensors. (The reader of tfjs-node joins any path to the folder.)
 *
 * @returns a model in inference; the caller disposes it.
 * @throws GraftError weights-not-readable
 */
export async function readTfjsModel(folder: string): Promise<tf.LayersModel> {
  const file = path.join(folder, 'model.json');
  const { modelTopology, weightSpecs, weightData } = await readTfjsParts(file);
  try {
    return await tf.loadLayersModel({
      load: async () => ({ modelTopology, weightSpecs, weightData, format: 'layers-model' }),
    });
  } catch (cause) {
    throw notReadable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** A layers model as its files have it. */
export interface TfjsParts {
  modelTopology: Record<string, unknown>;
  weightSpecs: { name: string; shape: number[]; dtype: 'float32' | 'int32' }[];
  /** Of all tensors, one after the other. */
  weightData: ArrayBuffer;
  /** What its writer added, as it stands there; empty where there is nothing. */
  metadata: Record<string, unknown>;
}

/** Reads one file of the model by its name, a plain name without folders. @throws when it has more than `maxBytes` */
type ReadPart = (name: string, maxBytes: number) => Promise<Buffer>;

/**
 * Reads a `model.json` and the files beside it; builds nothing. See `readTfjsModel` for what is refused.
 *
 * @param file what to call it, and where it lies
 * @param read for a model that lies elsewhere than in a folder
 * @throws GraftError weights-not-readable
 */
export async function readTfjsParts(
  file: string,
  read: ReadPart = (name, maxBytes) =>
    readOwnFile(name === 'model.json' ? file : path.join(path.dirname(file), name), maxBytes),
): Promise<TfjsParts> {
  const { modelTopology, weightsManifest, userDefinedMetadata } = parseModelJson(
    file,
    await read('model.json', MAX_JSON_BYTES),
  );
  const groups: Buffer[] = [];
  const named = new Set<string>();
  let total = 0;
  for (const { paths, weights } of weightsManifest) {
    const expected = weights.reduce((sum, weight) => sum + bytesOf(weight), 0);
    total += weights.reduce((sum, { shape }) => sum + sizeOf(shape) * 4, 0);
    if (total > MAX_WEIGHT_BYTES) throw notReadable(file, 'weights too large');
    const shards: Buffer[] = [];
    let left = expected;
    for (const name of paths) {
      // A small file named a thousand times would fill the memory.
      if (named.has(name)) throw notReadable(file, `${name} is named twice`);
      named.add(name);
      const shard = await read(name, left);
      left -= shard.length;
      shards.push(shard);
    }
    if (left !== 0) throw notReadable(file, `${left} bytes of weights missing`);
    groups.push(...(weights.some(({ quantization }) => quantization) ? [inFloat32(weights, shards)] : shards));
  }
  const whole = new Uint8Array(groups.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (let group = groups.shift(); group; group = groups.shift()) {
    whole.set(group, at); // and lets go of it
    at += group.length;
  }
  const weightSpecs = weightsManifest.flatMap(({ weights }) =>
    weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
  );
  return { modelTopology, weightSpecs, weightData: whole.buffer, metadata: userDefinedMetadata ?? {} };
}

type StoredWeight = z.infer<typeof ModelJson>['weightsManifest'][number]['weights'][number];

const bytesOf = ({ shape, quantization }: StoredWeight): number => sizeOf(shape) * (quantization ? 2 : 4);

/** The bytes of a group with every float16 made float32. */
function inFloat32(weights: readonly StoredWeight[], shards: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(shards);
  let at = 0;
  return Buffer.concat(
    weights.map((weight) => {
      const own = bytes.subarray(at, (at += bytesOf(weight)));
      if (!weight.quantization) return own;
      return new Uint8Array(fromFloat16(new Uint16Array(new Uint8Array(own).buffer)).buffer);
    }),
  );
}

function parseModelJson(file: string, bytes: Buffer): z.infer<typeof ModelJson> {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw notReadable(file, 'not JSON', cause);
  }
  const parsed = ModelJson.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw notReadable(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  return parsed.data;
}

/** Reads a plain file whole; a link, a folder, a pipe or more than `maxBytes` is an error. @throws GraftError weights-not-readable */
export async function readOwnFile(file: string, maxBytes: number): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    // Not following links; not waiting for somebody to write into a pipe. Windows has neither flag.
    handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const facts = await handle.stat();
    if (!facts.isFile()) throw notReadable(file, 'not a file');
    if (facts.size > maxBytes) throw notReadable(file, `${facts.size} bytes, at most ${maxBytes} expected`);
    return await handle.readFile();
  } catch (error) {
    if (error instanceof GraftError) throw error;
    throw notReadable(file, (error as NodeJS.ErrnoException).code ?? String(error), error);
  } finally {
    await handle?.close();
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function notReadable(file: string, problem: string, cause?: unknown): GraftError<'weights-not-readable'> {
  return new GraftError('weights-not-readable', { path: file, problem }, { cause });
}
