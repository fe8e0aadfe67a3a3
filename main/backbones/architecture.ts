import type * as tf from '@tensorflow/tfjs-node';
import { z } from 'zod';
import { GraftError } from '../../contract/errors.ts';
import { LayerProblem, layerKinds, type LayerKind, type LayerWeight, type Shape } from './architecture-layers.ts';
import { customLayers } from './custom-layers.ts';
import type { NamedTensors } from './safetensors.ts';

/** What a brought model may hold at most. */
export const architectureLimits = {
  layers: 5000,
  parameters: 500_000_000,
  /** Numbers in one layer's output, a picture. */
  mapValues: 2 ** 28,
  inputSide: 4096,
} as const;

/** One layer of a brought model, its configuration read by the list of layers in `architecture-layers.ts`. */
const ArchitectureLayer = z.object({
  name: z.string().regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,119}$/u),
  type: z.string().max(40),
  config: z.record(z.string(), z.unknown()),
  /** Names of layers before it, or of the input. */
  inputs: z.array(z.string().max(120)).min(1).max(1000),
});
export type ArchitectureLayer = z.infer<typeof ArchitectureLayer>;

/** A model as plain data: a list of layers, each after those that it reads. One input, one output. */
export const Architecture = z.object({
  formatVersion: z.literal(1),
  input: z.object({
    name: z.string().regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,119}$/u),
    /** [height, width, channels]. */
    shape: z.array(z.int().min(1).max(architectureLimits.inputSide)).min(1).max(3),
  }),
  layers: z.array(ArchitectureLayer).min(1).max(architectureLimits.layers),
  output: z.string(),
});
export type Architecture = z.infer<typeof Architecture>;

/** A layer with what follows from its place: shapes without the batch, and its weights in the order of Keras. */
export interface PlacedLayer extends ArchitectureLayer {
  shape: Shape;
  weights: LayerWeight[];
}

/** Refuses a layer by name, for its class or for how it is used. */
export function refused(layer: string, type: string, cause?: unknown): GraftError<'model-layer-refused'> {
  return new GraftError('model-layer-refused', { layer: printable(layer), type: printable(type) }, { cause });
}

/** What a stranger wrote, fit for a sentence: no control characters, no change of direction, 80 characters. */
export function printable(text: string): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
}

/**
 * Works out every shape and weight from the list alone: no layer is built, no memory taken.
 *
 * @param inputSize another [height, width] for the input
 * @throws model-layer-refused when a layer cannot stand where it stands, or is too large
 */
export function placeLayers(architecture: Architecture, inputSize?: readonly [number, number]): PlacedLayer[] {
  const { input, layers } = architecture;
  const shapes = new Map<string, Shape>([
    [input.name, inputSize ? [...inputSize, ...input.shape.slice(2)] : input.shape],
  ]);
  let numParameters = 0;
  return layers.map((layer) => {
    const kind = kindOf(layer);
    const config = readConfig(layer, kind);
    const inputs = layer.inputs.map((name) => shapes.get(name));
    if (shapes.has(layer.name)) throw refused(layer.name, `${layer.type}, twice`);
    if (!inputs.every((shape) => shape !== undefined))
      throw refused(layer.name, `${layer.type}, reads what is not there`);
    if (kind.inputs === 'one' ? inputs.length !== 1 : inputs.length < 2)
      throw refused(layer.name, `${layer.type} of ${inputs.length} inputs`);
    try {
      const shape = kind.shape(config, inputs);
      if (!shape.every((size) => Number.isInteger(size) && size >= 1))
        throw new LayerProblem('nothing is left of its input');
      if (product(shape) > architectureLimits.mapValues) throw new LayerProblem(`gives [${shape.join(', ')}]`);
      const weights = kind.weights?.(config, inputs[0]!) ?? [];
      numParameters += weights.reduce((sum, weight) => sum + product(weight.shape), 0);
      if (!(numParameters <= architectureLimits.parameters))
        throw new LayerProblem(`more than ${architectureLimits.parameters} parameters`);
      shapes.set(layer.name, shape);
      return { ...layer, config: config as Record<string, unknown>, shape, weights };
    } catch (problem) {
      if (problem instanceof LayerProblem) throw refused(layer.name, `${layer.type}: ${problem.message}`, problem);
      throw problem;
    }
  });
}

/**
 * Adds all layers to an input [batch, height, width, channels] and returns the output. Kernels are zeros.
 *
 * @throws model-layer-refused
 */
export function addArchitecture(
  tfjs: typeof tf,
  architecture: Architecture,
  input: tf.SymbolicTensor,
): tf.SymbolicTensor {
  customLayers(tfjs); // registers activations
  const [height, width] = input.shape.slice(1) as number[];
  const isPicture = architecture.input.shape.length === 3;
  const outputs = new Map([[architecture.input.name, input]]);
  for (const layer of placeLayers(architecture, isPicture ? [height!, width!] : undefined)) {
    const inputs = layer.inputs.map((name) => outputs.get(name)!);
    const output = kindOf(layer).add(tfjs, layer.name, layer.config, inputs);
    if (output.shape.slice(1).join() !== layer.shape.join())
      throw new Error(`${layer.name} gives [${output.shape.join(', ')}], not [${layer.shape.join(', ')}]`);
    outputs.set(layer.name, output);
  }
  return outputs.get(architecture.output)!;
}

/** Builds the model with kernels of zeros; `setWeights` gives it its numbers. The caller disposes it. */
export function buildArchitecture(
  tfjs: typeof tf,
  architecture: Architecture,
  inputSize?: readonly [number, number],
): tf.LayersModel {
  const { name, shape } = architecture.input;
  const input = tfjs.input({ shape: inputSize ? [...inputSize, ...shape.slice(2)] : [...shape], name });
  return tfjs.model({ inputs: input, outputs: addArchitecture(tfjs, architecture, input), name: 'brought' });
}

/** The part of an architecture that a layer's output needs. @throws Error when there is no such layer */
export function cutArchitecture(architecture: Architecture, layerName: string): Architecture {
  const needed = new Set([layerName]);
  if (!architecture.layers.some(({ name }) => name === layerName)) throw new Error(`no layer ${layerName}`);
  for (const { name, inputs } of architecture.layers.toReversed())
    if (needed.has(name)) for (const input of inputs) needed.add(input);
  return {
    ...architecture,
    layers: architecture.layers.filter(({ name }) => needed.has(name)),
    output: layerName,
  };
}

/** Whether pictures of another size can be put in: no layer's weights or output depend on it. */
export function canResize(architecture: Architecture): boolean {
  if (architecture.input.shape.length !== 3) return false;
  return architecture.layers.every((layer) => {
    const kind = kindOf(layer);
    return !kind.isTiedToSize?.(readConfig(layer, kind));
  });
}

/** The weights of placed layers by `<layer>/<weight>`, those that Keras leaves out filled in. @throws Error when one is missing */
export function completeTensors(layers: readonly PlacedLayer[], stored: NamedTensors): NamedTensors {
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const layer of layers)
    for (const { name, shape, constant } of layer.weights) {
      const key = `${layer.name}/${name}`;
      const found = stored.get(key);
      if (found) tensors.set(key, found);
      else if (constant !== undefined)
        tensors.set(key, { shape, data: new Float32Array(product(shape)).fill(constant) });
      else throw new Error(`${key} is missing`);
    }
  return tensors;
}

/** A layer's configuration, read by its kind alone. @throws model-layer-refused naming the field */
export function readConfig(layer: { name: string; type: string; config: unknown }, kind: LayerKind): unknown {
  const read = kind.config.safeParse(layer.config);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw refused(layer.name, `${layer.type}: ${[...(issue?.path ?? []), issue?.message ?? ''].join(' ')}`);
}

/** The kind of a layer. @throws model-layer-refused */
export function kindOf({ name, type }: { name: string; type: string }): LayerKind {
  const kind = layerKinds.get(type);
  if (!kind) throw refused(name, type);
  return kind;
}

const product = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
