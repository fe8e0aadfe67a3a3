import { z } from 'zod';
import type { GraftError } from '../../../contract/errors.ts';
import {
  architectureLimits,
  printable,
  refused,
  type Architecture,
  type ArchitectureLayer,
} from '../../backbones/architecture.ts';
import { activationNames } from '../../backbones/architecture-layers.ts';

/** Who wrote a configuration: the same word means different things to them. */
export type Dialect = 'keras2' | 'keras3' | 'tfjs';

/** An architecture with what its layers are called in the file. */
export interface ReadArchitecture {
  architecture: Architecture;
  /** Name here to name in the file. */
  originalNames: ReadonlyMap<string, string>;
}

const maxDepth = 12;
const maxUses = 1000;
/** Input side for a model that leaves it open. */
const openSide = 224;
/** Names that Graft's own layers around a backbone have: input, preprocessing, head. */
const reserved = new Set([
  'input_layer',
  'preprocessing',
  'rescaling',
  'global_average_pooling2d',
  'flatten',
  'dense',
  'dropout',
  'predictions',
]);
/**
 * Operations on tensors that Keras 3 saves as layers, where the other side is a number or one a channel: each is a `Rescaling`.
 * So come the `preprocess_input` of most families.
 */
const arithmetic = new Map<string, (by: number[]) => { scale: number[]; offset: number[] }>([
  ['TrueDivide', (by) => ({ scale: by.map((n) => 1 / n), offset: [0] })],
  ['Divide', (by) => ({ scale: by.map((n) => 1 / n), offset: [0] })],
  ['Multiply', (by) => ({ scale: by, offset: [0] })],
  ['Add', (by) => ({ scale: [1], offset: by })],
  ['Subtract', (by) => ({ scale: [1], offset: by.map((n) => -n) })],
]);
const isCommutative = new Set(['Add', 'Multiply']);
/** Where they live in Keras. */
const operationModule = 'keras.src.ops.numpy';
const containers = new Set(['Sequential', 'Functional', 'Model']);
const aliases = new Map([
  ['BatchNormalizationV1', 'BatchNormalization'],
  ['BatchNormalizationV2', 'BatchNormalization'],
]);
/** Keras's other words for activations. */
const activationAliases = new Map([
  ['silu', 'swish'],
  ['hard_swish', 'hard_silu'],
  ['log_softmax', 'logSoftmax'],
]);
/** Layers that may stand in an activation's place, with the settings under which they are what the word means. */
const layerActivations = new Map<string, Readonly<Record<string, unknown>>>([
  ['ReLU', { max_value: null, negative_slope: 0, threshold: 0 }],
  ['ELU', { alpha: 1 }],
  ['Softmax', { axis: -1 }],
]);
/** Where Keras's own classes live, by what a file says; anything else is somebody's code. */
const ownModule = /^(keras|tf_keras|tensorflow\.(python\.)?keras|builtins)(\.|$)/;

const Config = z.record(z.string(), z.unknown());
const RawLayer = z.object({
  class_name: z.string().max(200),
  config: z.union([Config, z.array(z.unknown())]),
  name: z.string().max(500).optional(),
  module: z.string().nullish(),
  registered_name: z.string().nullish(),
  inbound_nodes: z.array(z.unknown()).nullish(),
});
type RawLayer = z.infer<typeof RawLayer>;
const RawActivation = z.object({
  class_name: z.string().max(200),
  config: z.unknown(),
  module: z.string().nullish(),
  registered_name: z.string().nullish(),
});
const KerasTensor = z.object({
  class_name: z.literal('__keras_tensor__'),
  config: z.object({ keras_history: z.tuple([z.string(), z.int(), z.int()]) }),
});
/** A constant in a call, as Keras 3 writes a tensor: some brackets around one number a channel. */
const ConstantTensor = z.object({
  class_name: z.literal('__tensor__'),
  config: z.object({ value: z.union([z.number(), z.array(z.unknown()).max(10_000)]) }),
});
/** What a call may say besides its tensors. */
const CallOptions = z
  .strictObject({ training: z.literal(false).nullish(), mask: z.union([z.null(), z.array(z.null())]).optional() })
  .nullish();

/**
 * Reads the configuration of a saved model: Keras's `model_config` or `config.json`, or TensorFlow.js's topology. Models inside
 * models are laid out flat. Nothing of it is run, no name in it is looked up but in the list of layers.
 *
 * @throws model-layer-refused; Error with the problem in words
 */
export function readKerasConfig(json: unknown, dialect: Dialect): ReadArchitecture {
  const root = rawLayer(Config.safeParse(json).data?.['model_config'] ?? json);
  if (!containers.has(root.class_name)) throw refused(root.name ?? 'model', typeOf(root));
  const flattener = new Flattener(dialect);
  const shape = inputShape(root, 0);
  if (!shape) throw new Error('it does not say the size of its input');
  const output = flattener.container(root, flattener.input, 0);
  if (flattener.layers.length === 0) throw new Error('it has no layers');
  return {
    architecture: { formatVersion: 1, input: { name: flattener.input, shape }, layers: flattener.layers, output },
    originalNames: flattener.originalNames,
  };
}

interface Waiting {
  layer: RawLayer;
  inputs: string[];
  /** So many of its inputs, from the first, are laid out. */
  numKnown: number;
}

class Flattener {
  readonly input = 'input_layer';
  readonly layers: ArchitectureLayer[] = [];
  readonly originalNames = new Map<string, string>();
  readonly #dialect: Dialect;
  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Adds a model's layers. @returns the name of the last */
  container(model: RawLayer, input: string, depth: number): string {
    requireOwn(model);
    if (depth > maxDepth) throw new Error('models inside models too deep');
    return model.class_name === 'Sequential'
      ? this.#sequential(model, input, depth)
      : this.#functional(model, input, depth);
  }

  #sequential(model: RawLayer, input: string, depth: number): string {
    return layersOf(model).reduce((current, layer) => this.#layer(layer, [current], depth), input);
  }

  #functional(model: RawLayer, input: string, depth: number): string {
    const config = Config.parse(model.config);
    const name = nameOf(model);
    const outputs = new Map([[onlyTensor(config['input_layers'], name, 'inputs'), input]]);
    const result = onlyTensor(config['output_layers'], name, 'outputs');
    const waiting = new Map<string, Waiting>();
    for (const raw of layersOf(model)) {
      const layer = this.#dialect === 'keras3' ? withoutArithmetic(raw) : raw;
      const own = nameOf(layer);
      if (outputs.has(own)) continue;
      if (waiting.has(own)) throw refused(own, `${layer.class_name}, twice`);
      waiting.set(own, { layer, inputs: inboundNames(layer), numKnown: 0 });
    }
    // Usually in order already; a file may have them in any.
    for (const first of waiting.keys()) {
      const stack = [first];
      const isOpen = new Set(stack);
      while (stack.length > 0) {
        const own = stack.at(-1)!;
        const node = waiting.get(own)!;
        while (node.numKnown < node.inputs.length && outputs.has(node.inputs[node.numKnown]!)) node.numKnown++;
        const missing = outputs.has(own) ? undefined : node.inputs[node.numKnown];
        if (missing === undefined) {
          if (!outputs.has(own))
            outputs.set(
              own,
              this.#layer(
                node.layer,
                node.inputs.map((from) => outputs.get(from)!),
                depth,
              ),
            );
          stack.pop();
          isOpen.delete(own);
        } else {
          if (!waiting.has(missing) || isOpen.has(missing))
            throw refused(own, `${node.layer.class_name}, reads what is not there`);
          stack.push(missing);
          isOpen.add(missing);
        }
      }
    }
    const output = outputs.get(result);
    if (output === undefined) throw new Error(`its output “${printable(result)}” is not among its layers`);
    return output;
  }

  #layer(raw: RawLayer, inputs: string[], depth: number): string {
    if (raw.class_name === 'InputLayer') return inputs[0] ?? this.input;
    if (containers.has(raw.class_name)) {
      if (inputs.length !== 1) throw refused(nameOf(raw), `${raw.class_name} of ${inputs.length} inputs`);
      return this.container(raw, inputs[0]!, depth + 1);
    }
    requireOwn(raw);
    if (this.layers.length >= architectureLimits.layers) throw new Error('too many layers');
    const name = this.#newName(nameOf(raw));
    const type = aliases.get(raw.class_name) ?? raw.class_name;
    this.layers.push({ name, type, config: this.#config(raw), inputs });
    return name;
  }

  #newName(original: string): string {
    // TensorFlow.js and TensorFlow take no other names for what a layer computes.
    const plain = original
      .replaceAll(/[^A-Za-z0-9_.-]/g, '_')
      .replace(/^[._-]/, 'layer$&')
      .slice(0, 100);
    let name = plain;
    for (let count = 1; reserved.has(name) || this.originalNames.has(name) || name === ''; count++)
      name = `${plain}_${count}`;
    this.originalNames.set(name, original);
    return name;
  }

  #config(raw: RawLayer): Record<string, unknown> {
    const config = Config.parse(raw.config);
    if (!('activation' in config)) return config;
    const activation = activationOf(config['activation'], this.#dialect);
    if (activation === null)
      throw refused(nameOf(raw), `${raw.class_name} with activation ${activationName(config['activation'])}`);
    return { ...config, activation };
  }
}

/** The layer that an operation with constants is; any other layer as it is. */
function withoutArithmetic(layer: RawLayer): RawLayer {
  const rescale = layer.module === operationModule ? arithmetic.get(layer.class_name) : undefined;
  const call = z.tuple([z.object({ args: z.tuple([z.unknown(), z.unknown()]), kwargs: CallOptions })]);
  const node = rescale && call.safeParse(layer.inbound_nodes).data?.[0];
  if (!node) return layer;
  const isTurned = isCommutative.has(layer.class_name) && constantOf(node.args[0]) !== null;
  const [tensor, by] = isTurned ? node.args.toReversed() : node.args;
  const numbers = KerasTensor.safeParse(tensor).success ? constantOf(by) : null;
  if (numbers === null) return layer;
  const { name } = layer;
  return {
    class_name: 'Rescaling',
    name,
    config: { name, ...rescale(numbers) },
    inbound_nodes: [{ args: [tensor], kwargs: node.kwargs }],
  };
}

/** The numbers of a constant: one, or one a channel; null for anything else. */
function constantOf(value: unknown): number[] | null {
  if (typeof value === 'number') return [value];
  let inner: unknown = ConstantTensor.safeParse(value).data?.config.value;
  while (Array.isArray(inner) && inner.length === 1) inner = inner[0] as unknown;
  const numbers = [inner].flat();
  return numbers.every((item) => typeof item === 'number') ? numbers : null;
}

/** Keras's word for an activation as it is called here; null when it is not one of them. */
function activationOf(value: unknown, dialect: Dialect): string | null {
  if (value === null || value === undefined) return 'linear';
  const name = activationName(value);
  if (name === 'hard_sigmoid') return dialect === 'keras3' ? 'hard_sigmoid_3' : 'hardSigmoid';
  const known = activationAliases.get(name) ?? name;
  return (activationNames as readonly string[]).includes(known) ? known : null;
}

function activationName(value: unknown): string {
  if (typeof value === 'string') return value;
  const read = RawActivation.safeParse(value).data;
  if (!read) return 'unknown';
  const { class_name: type, config, module, registered_name: registered } = read;
  if (typeof module === 'string' && !ownModule.test(module)) return `${module}.${type}`;
  if (typeof registered === 'string' && ![type, ''].includes(registered) && type !== 'function') return registered;
  if (type === 'function') return typeof config === 'string' && (registered ?? config) === config ? config : 'function';
  // A layer in an activation's place: as it is called when nothing about it was changed, else by its own name, unknown here.
  const usual = layerActivations.get(type);
  const own = Config.safeParse(config).data ?? {};
  const isUsual = usual && Object.entries(usual).every(([key, plain]) => (own[key] ?? plain) === plain);
  return isUsual ? type.toLowerCase() : type;
}

/** Refuses what is not Keras's own class, by module or by the name it was registered with. */
function requireOwn(layer: RawLayer): void {
  const { module, registered_name: registered, class_name: type } = layer;
  const isOwn = (module ?? null) === null || ownModule.test(module!);
  const isRegistered = typeof registered === 'string' && registered !== type && registered !== '';
  if (!isOwn || isRegistered || type.includes('>')) throw refused(nameOf(layer), typeOf(layer));
}

const typeOf = ({ class_name: type, module, registered_name: registered }: RawLayer): string =>
  registered?.includes('>') ? registered : module && !ownModule.test(module) ? `${module}.${type}` : type;

function rawLayer(json: unknown): RawLayer {
  const read = RawLayer.safeParse(json);
  if (!read.success) throw new Error('its configuration is not a model as Keras writes it');
  return read.data;
}

function nameOf({ name, config, class_name: type }: RawLayer): string {
  const own = Array.isArray(config) ? undefined : config['name'];
  return name ?? (typeof own === 'string' ? own.slice(0, 500) : type.toLowerCase());
}

function layersOf(model: RawLayer): RawLayer[] {
  const list = Array.isArray(model.config) ? model.config : model.config['layers'];
  if (!Array.isArray(list)) throw new Error('its configuration has no list of layers');
  if (list.length > architectureLimits.layers) throw new Error('too many layers');
  return list.map(rawLayer);
}

/** Name of the one tensor of `input_layers` or `output_layers`: `[name, 0, 0]`, or a list of one. */
function onlyTensor(value: unknown, model: string, what: string): string {
  const list = Array.isArray(value) ? value : [];
  const one: unknown = typeof list[0] === 'string' ? list : list.length === 1 ? list[0] : null;
  if (Array.isArray(one) && typeof one[0] === 'string' && (one[2] ?? 0) === 0) return one[0];
  throw refused(model, `a model of ${list.length} ${what}`);
}

/** Names of the layers that a layer reads. */
function inboundNames(layer: RawLayer): string[] {
  const nodes = layer.inbound_nodes ?? [];
  if (layer.class_name === 'InputLayer') throw refused(nameOf(layer), 'a second input');
  if (nodes.length !== 1) throw refused(nameOf(layer), `${layer.class_name}, used ${nodes.length} times`);
  const [node] = nodes;
  const names = Array.isArray(node) ? listedInputs(layer, node) : calledInputs(layer, node);
  if (names.length === 0 || names.length > maxUses) throw unclear(layer);
  return names;
}

/** `[[name, node, tensor, options], …]` of Keras 2 and TensorFlow.js. */
function listedInputs(layer: RawLayer, node: unknown[]): string[] {
  const tensors: unknown[] = typeof node[0] === 'string' ? [node] : node;
  return tensors.map((tensor) => {
    const [name, , index, options] = Array.isArray(tensor) ? (tensor as unknown[]) : [];
    if (typeof name !== 'string' || index !== 0 || !CallOptions.safeParse(options).success) throw unclear(layer);
    return name;
  });
}

/** `{args, kwargs}` of Keras 3. */
function calledInputs(layer: RawLayer, node: unknown): string[] {
  const call = z.object({ args: z.array(z.unknown()), kwargs: CallOptions }).safeParse(node);
  if (!call.success) throw unclear(layer);
  const names: string[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value) && depth < 3) for (const item of value) visit(item, depth + 1);
    else if (value !== null) {
      const tensor = KerasTensor.safeParse(value);
      if (!tensor.success || tensor.data.config.keras_history[2] !== 0) throw unclear(layer);
      names.push(tensor.data.config.keras_history[0]);
    }
  };
  visit(call.data.args, 0);
  return names;
}

const unclear = (layer: RawLayer): GraftError<'model-layer-refused'> =>
  refused(nameOf(layer), `${layer.class_name} called with more than the outputs of layers`);

/** [height, width, channels] of a model's input, wherever it is written; open sides become 224. */
function inputShape(layer: RawLayer, depth: number): number[] | null {
  if (depth > maxDepth) throw new Error('models inside models too deep');
  const config = Array.isArray(layer.config) ? {} : layer.config;
  const first = containers.has(layer.class_name) ? firstLayer(layer) : undefined;
  const inner = first && inputShape(first, depth + 1);
  const batched = inner ? null : (config['batch_shape'] ?? config['batch_input_shape'] ?? config['build_input_shape']);
  if (!Array.isArray(batched)) return inner ?? null;
  const shape = z
    .array(z.int().min(1).max(architectureLimits.inputSide).nullable())
    .length(3)
    .safeParse(batched.slice(1));
  if (!shape.success || shape.data[2] === null)
    throw new Error('its input is not pictures of height, width and channels');
  return shape.data.map((size) => size ?? openSide);
}

function firstLayer(model: RawLayer): RawLayer | undefined {
  const layers = layersOf(model);
  if (model.class_name === 'Sequential') return layers[0];
  const name = onlyTensor(Config.parse(model.config)['input_layers'], nameOf(model), 'inputs');
  return layers.find((layer) => nameOf(layer) === name);
}
