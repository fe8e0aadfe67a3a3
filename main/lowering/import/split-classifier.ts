import { GraftError } from '../../../contract/errors.ts';
import type { HeadKind } from '../../../contract/run.ts';
import { cutArchitecture, type Architecture, type PlacedLayer } from '../../backbones/architecture.ts';
import type { NamedTensors } from '../../backbones/safetensors.ts';
import type { BroughtModel } from './read-model.ts';

/** A model of others as Graft has its own: what gives features, and a head. */
export interface SplitModel {
  /** Ends in maps [height, width, channels]; a vector of features counts as maps of one place. */
  features: Architecture;
  /** Its last layer that the model itself has. */
  cutAt: string;
  head: { kind: HeadKind; denseUnits: number | null; dropout: number };
  /** `dense/kernel`, `dense/bias`, `predictions/kernel`, `predictions/bias`. */
  weights: NamedTensors;
  numClasses: number;
}

/** The most units that a head's own layer can have: the limit of recipes. */
const maxDenseUnits = 8192;
/** Layers that do nothing when a model answers. */
const onlyInTraining = /^(Dropout|AlphaDropout|GaussianDropout|GaussianNoise|SpatialDropout2D)$/;

/**
 * Takes a whole model apart. Its last layer must give probabilities: softmax, or one sigmoid, which is the softmax of two classes
 * whose first has the logit 0. Pooling or flattening, a ReLU layer and a dropout before it become the head; with anything else
 * there, all but the last layer are features.
 *
 * @param numNames how many classes somebody named; with as many, plain numbers at the end are taken for logits
 * @throws model-not-classifier, model-not-readable when nothing comes before the classifier
 */
export function splitClassifier(model: BroughtModel, file: string, numNames: number | null): SplitModel {
  const tail = new Tail(model);
  const last = tail.affine();
  if (!last) throw notClassifier(file, tail.end);
  const numClasses = last.numUnits === 1 ? 2 : last.numUnits;
  const isTold = last.activation === (last.numUnits === 1 ? 'sigmoid' : 'softmax');
  const isLogits = last.activation === 'linear' && numNames === numClasses;
  if (!isTold && !isLogits) throw notClassifier(file, tail.end);
  const predictions = last.numUnits === 1 ? asTwoClasses(last) : last;

  const dropout = tail.skipInTraining();
  const vectorAt = tail.position;
  const hidden = tail.affine('relu', maxDenseUnits);
  if (hidden) tail.skipInTraining();
  const kind = tail.pooling();
  if (kind && tail.layer) {
    const cutAt = tail.layer.name;
    return {
      features: featuresOf(model, cutAt, file),
      cutAt,
      head: { kind, denseUnits: hidden?.numUnits ?? null, dropout: clamped(dropout) },
      weights: new Map([...(hidden ? named('dense', hidden) : []), ...named('predictions', predictions)]),
      numClasses,
    };
  }
  const layer = tail.at(vectorAt);
  if (!layer) throw nothingBefore(file);
  return {
    features: asMaps(featuresOf(model, layer.name, file), layer),
    cutAt: layer.name,
    head: { kind: 'gap', denseUnits: null, dropout: clamped(dropout) },
    weights: named('predictions', predictions),
    numClasses,
  };
}

/** kernel [numIn, numUnits], bias [numUnits]. */
interface Affine {
  kernel: Float32Array;
  bias: Float32Array;
  numIn: number;
  numUnits: number;
  activation: string;
}

/** The straight way to a model's output, read from its end. */
class Tail {
  readonly #chain: PlacedLayer[] = [];
  readonly #inputOf: (layer: PlacedLayer) => readonly number[];
  readonly #model: BroughtModel;
  /** Of the layer that comes next; -1: none is left. */
  position: number;

  constructor(model: BroughtModel) {
    this.#model = model;
    const { input, output } = model.architecture;
    const byName = new Map(model.layers.map((layer) => [layer.name, layer]));
    for (let layer = byName.get(output); layer?.inputs.length === 1; layer = byName.get(layer.inputs[0]!))
      this.#chain.unshift(layer);
    // Where ways meet is a layer too: features can end there.
    const first = byName.get(this.#chain[0]?.inputs[0] ?? output);
    if (first) this.#chain.unshift(first);
    this.#inputOf = (layer) => byName.get(layer.inputs[0]!)?.shape ?? input.shape;
    this.position = this.#chain.length - 1;
  }

  get end(): PlacedLayer {
    return this.#chain.at(-1)!;
  }

  get layer(): PlacedLayer | undefined {
    return this.#chain[this.position];
  }

  at(position: number): PlacedLayer | undefined {
    return this.#chain[position];
  }

  /** Goes past what changes no numbers. @returns the rate of the dropout nearest the end, 0 where there is none */
  skipInTraining(): number {
    let rate: number | null = null;
    for (let layer = this.layer; layer && this.#isIdentity(layer); layer = this.layer) {
      if (layer.type === 'Dropout') rate ??= (layer.config as { rate: number }).rate;
      this.position--;
    }
    return rate ?? 0;
  }

  #isIdentity(layer: PlacedLayer): boolean {
    if (onlyInTraining.test(layer.type)) return true;
    if (layer.type === 'Activation') return activationOf(layer) === 'linear';
    // [n] stays [n], [1, 1, n] becomes it: the same numbers in the same order.
    return (layer.type === 'Flatten' || layer.type === 'Reshape') && isVector(this.#inputOf(layer)) && isVector(layer.shape); // prettier-ignore
  }

  /**
   * Goes past a dense layer, or a 1×1 convolution of one place, with its activation.
   *
   * @param wanted its only activation; left out, any
   * @returns null, and nothing is passed, when there is none
   */
  affine(wanted?: string, maxUnits = Infinity): Affine | null {
    const start = this.position;
    this.skipInTraining();
    let activation = 'linear';
    if (this.layer && /^(Activation|Softmax|ReLU)$/.test(this.layer.type)) {
      activation = activationOf(this.layer);
      this.position--;
      this.skipInTraining();
    }
    const found = this.layer && this.#affineOf(this.layer);
    const own = this.layer && activationOf(this.layer);
    if (!found || (activation !== 'linear' && own !== 'linear')) return this.#back(start);
    const numUnits = this.layer.shape.at(-1)!;
    const whole = activation === 'linear' ? own! : activation;
    if ((wanted !== undefined && whole !== wanted) || numUnits > maxUnits) return this.#back(start);
    this.position--;
    return { ...found, numUnits, activation: whole };
  }

  #back(position: number): null {
    this.position = position;
    return null;
  }

  #affineOf(layer: PlacedLayer): Pick<Affine, 'kernel' | 'bias' | 'numIn'> | null {
    const input = this.#inputOf(layer);
    if (!isVector(input) || !isVector(layer.shape)) return null;
    const numIn = input.at(-1)!;
    const kernel = this.#model.tensors.get(`${layer.name}/kernel`);
    const isDense = layer.type === 'Dense' || (layer.type === 'Conv2D' && input.length === 3);
    // Of a larger window over one place only the middle counts; such a model keeps its layer.
    if (!isDense || kernel?.data.length !== numIn * layer.shape.at(-1)!) return null;
    const bias = this.#model.tensors.get(`${layer.name}/bias`)?.data ?? new Float32Array(layer.shape.at(-1)!);
    return { kernel: kernel.data, bias, numIn };
  }

  /** Goes past pooling over all places, or flattening, of maps; maps of one place need neither. @returns null for anything else */
  pooling(): HeadKind | null {
    const { layer } = this;
    if (!layer) return null;
    const input = this.#inputOf(layer);
    const isFlat = layer.type === 'Flatten' || (layer.type === 'Reshape' && layer.shape.length === 1);
    if (input.length === 3 && (isFlat || layer.type === 'GlobalAveragePooling2D')) {
      this.position--;
      return isFlat ? 'flatten' : 'gap';
    }
    return layer.shape.length === 3 && isVector(layer.shape) ? 'gap' : null; // the mean of one place is the place
  }
}

/** [n], or [1, …, n]. */
const isVector = (shape: readonly number[]): boolean => shape.slice(0, -1).every((size) => size === 1);

function activationOf(layer: PlacedLayer): string {
  if (layer.type === 'Softmax') return isVector(layer.shape) ? 'softmax' : 'softmax over places';
  if (layer.type === 'ReLU') {
    const { max_value: most, negative_slope: slope } = layer.config as { max_value: number | null; negative_slope: number }; // prettier-ignore
    return most === null && slope === 0 ? 'relu' : 'other';
  }
  return (layer.config as { activation?: string }).activation ?? 'linear';
}

/** One number z for the second class is the logits [0, z]. */
function asTwoClasses({ kernel, bias, numIn, activation }: Affine): Affine {
  const both = new Float32Array(2 * numIn);
  kernel.forEach((value, index) => (both[2 * index + 1] = value));
  return { kernel: both, bias: Float32Array.of(0, bias[0]!), numIn, numUnits: 2, activation };
}

const named = (layer: string, { kernel, bias, numIn, numUnits }: Affine): NamedTensors =>
  new Map([
    [`${layer}/kernel`, { shape: [numIn, numUnits], data: kernel }],
    [`${layer}/bias`, { shape: [numUnits], data: bias }],
  ]);

/** Recipes know dropout up to 0.95; it counts only when the model is trained on. */
const clamped = (rate: number): number => Math.min(rate, 0.95);

function featuresOf(model: BroughtModel, cutAt: string, file: string): Architecture {
  const features = cutArchitecture(model.architecture, cutAt);
  const names = new Set(features.layers.map(({ name }) => name));
  if (!model.layers.some(({ name, weights }) => names.has(name) && weights.length > 0)) throw nothingBefore(file);
  return features;
}

/** Puts a vector at the end into maps of one place. */
function asMaps(features: Architecture, { name, shape }: PlacedLayer): Architecture {
  if (shape.length === 3) return features;
  const names = new Set(features.layers.map((layer) => layer.name));
  let own = 'features';
  for (let count = 1; names.has(own); count++) own = `features_${count}`;
  const layer = { name: own, type: 'Reshape', config: { target_shape: [1, 1, shape.at(-1)!] }, inputs: [name] };
  return { ...features, layers: [...features.layers, layer], output: own };
}

const notClassifier = (file: string, { name, type, config }: PlacedLayer): GraftError<'model-not-classifier'> => {
  const { activation, units } = config as { activation?: string; units?: number };
  const facts = [units, activation].filter((fact) => fact !== undefined).join(', ');
  return new GraftError('model-not-classifier', { path: file, layer: name, type: facts ? `${type}: ${facts}` : type });
};

const nothingBefore = (file: string): GraftError<'model-not-readable'> =>
  new GraftError('model-not-readable', { path: file, problem: 'it has no layers with weights before its classifier' });
