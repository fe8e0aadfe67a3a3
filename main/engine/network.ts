import type * as tfTypes from '@tensorflow/tfjs-node';
import type { NamedTensors } from '../backbones/safetensors.ts';
import { headShapes, type HeadConfig, type HeadWeights } from './head.ts';
import { createOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.ts';
import type { TrainedPart } from './trained-part.ts';

/** A batch of features with its labels. */
export interface Batch {
  /** A row for each picture, of each kept tensor; for a head alone its one input. */
  rows: readonly Float32Array[];
  /** Class indexes. */
  labels: Int32Array;
}

/**
 * What learns: a head, and with `part` the layers of the backbone above the cut. The owner disposes it, and the part after it.
 *
 * With `optimizer` null it only answers.
 */
export class Network {
  readonly config: HeadConfig;
  readonly part: TrainedPart | null;
  readonly #tf: typeof tfTypes;
  readonly #names: string[];
  readonly #shapes: readonly (readonly number[])[];
  readonly #optimizer: Optimizer | null;
  readonly #fixed: tfTypes.Tensor[] = [];
  /** Gradients added up since the last update. */
  #gradients: tfTypes.Tensor[] | null = null;

  constructor(
    tf: typeof tfTypes,
    config: HeadConfig,
    head: HeadWeights,
    part: TrainedPart | null,
    optimizer: OptimizerOptions | null = null,
  ) {
    this.#tf = tf;
    this.config = config;
    this.part = part;
    const variables = [
      ...headShapes(config).map(({ name, shape }) => ({
        name,
        shape,
        initial: head[name]!.values,
        decays: name.endsWith('kernel'),
      })),
      ...(part?.variables ?? []),
    ];
    this.#names = variables.map(({ name }) => name);
    this.#shapes = variables.map(({ shape }) => shape);
    this.#optimizer = optimizer && createOptimizer(tf, variables, optimizer);
    if (!optimizer) this.#fixed = variables.map(({ initial, shape }) => tf.tensor(initial, [...shape]));
  }

  /** Values that a picture gives to each input. */
  get rowLengths(): number[] {
    const { kept } = this.part ?? {};
    if (kept) return kept.map(({ outputShape }) => outputShape.reduce((a, b) => a * b, 1));
    const [height, width, channels] = this.config.featureShape;
    return [this.config.kind === 'gap' ? channels : height * width * channels];
  }

  #values(): readonly tfTypes.Tensor[] {
    return this.#optimizer?.tensors() ?? this.#fixed;
  }

  #inputs(rows: readonly Float32Array[], numRows: number): tfTypes.Tensor[] {
    return rows.map((values, i) => {
      const shape = this.part?.kept[i]!.outputShape ?? [values.length / numRows];
      return this.#tf.tensor(values, [numRows, ...shape]);
    });
  }

  /** @param mask kept places scaled by 1 / (1 - dropout), [batch, units]; null: no dropout. @returns logits [batch, numClasses] */
  #forward(inputs: readonly tfTypes.Tensor[], mask: tfTypes.Tensor2D | null): tfTypes.Tensor2D {
    const values = new Map(this.#values().map((value, i) => [this.#names[i]!, value]));
    const v = (name: string) => values.get(name) as tfTypes.Tensor2D;
    let x = inputs[0] as tfTypes.Tensor2D; // [batch, rowLength]
    if (this.part) {
      const maps = this.part.forward(inputs, values); // [batch, h, w, c]
      x = this.config.kind === 'gap' ? maps.mean([1, 2]) : maps.reshape([maps.shape[0], -1]);
    }
    if (values.has('dense/kernel'))
      x = x.matMul<tfTypes.Tensor2D>(v('dense/kernel')).add<tfTypes.Tensor2D>(v('dense/bias')).relu(); // [batch, denseUnits]
    if (mask) x = x.mul(mask);
    return x.matMul<tfTypes.Tensor2D>(v('predictions/kernel')).add(v('predictions/bias')); // [batch, numClasses]
  }

  /**
   * Adds the gradients of a batch up, for `update` to use.
   *
   * @param shares of each picture in the loss: its class's weight over the pictures of the update
   * @returns the logits of the batch, [batch * numClasses]
   */
  learn(batch: Batch, shares: readonly number[], labelSmoothing: number, dropping: { next(): number }): Float32Array {
    const tf = this.#tf;
    const { numClasses } = this.config;
    const [gradients, logits] = tf.tidy(() => {
      const inputs = this.#inputs(batch.rows, batch.labels.length);
      const mask = this.#dropoutMask(batch.labels.length, dropping);
      const hard = tf.oneHot(tf.tensor1d(batch.labels, 'int32'), numClasses).toFloat();
      const target = labelSmoothing > 0 ? hard.mul(1 - labelSmoothing).add(labelSmoothing / numClasses) : hard;
      const share = tf.tensor1d([...shares]);
      let kept!: tfTypes.Tensor2D;
      const { grads, value } = tf.engine().gradients(
        () => {
          const raw = this.#forward(inputs, mask);
          kept = tf.keep(raw.clone());
          return tf.logSoftmax(raw).mul(target).sum(1).neg().mul(share).sum();
        },
        [...this.#values()],
        undefined,
        true,
      );
      value.dispose();
      const out = kept.dataSync() as Float32Array;
      kept.dispose();
      const before = this.#gradients;
      const sums = before ? grads.map((grad, i) => grad.add(before[i]!)) : grads;
      return [sums.map((grad) => tf.keep(grad)), out] as never as [tfTypes.Tensor[], Float32Array];
    });
    tf.dispose(this.#gradients ?? []);
    this.#gradients = gradients;
    return logits;
  }

  /** Moves the weights by the gradients added up. */
  update(learningRate: number): void {
    this.#optimizer!.apply(this.#gradients!, learningRate);
    this.#tf.dispose(this.#gradients!);
    this.#gradients = null;
  }

  #dropoutMask(numRows: number, dropping: { next(): number }): tfTypes.Tensor2D | null {
    const { dropout } = this.config;
    if (dropout === 0) return null;
    const width = this.#shapes[this.#names.indexOf('predictions/kernel')]![0]!;
    const mask = new Float32Array(numRows * width);
    const scale = 1 / (1 - dropout);
    for (let i = 0; i < mask.length; i++) mask[i] = dropping.next() >= dropout ? scale : 0;
    return this.#tf.tensor2d(mask, [numRows, width]);
  }

  /** @returns logits, [numRows * numClasses] */
  logits(rows: readonly Float32Array[], numRows: number): Float32Array {
    return this.#tf.tidy(() => this.#forward(this.#inputs(rows, numRows), null).dataSync() as never) as Float32Array;
  }

  /** Copies of all weights that train, by name. */
  read(): NamedTensors {
    const values = this.#optimizer?.values() ?? this.#fixed.map((tensor) => Float32Array.from(tensor.dataSync()));
    return new Map(this.#names.map((name, i) => [name, { shape: this.#shapes[i]!, data: values[i]! }]));
  }

  /** The optimizer's own numbers, for a checkpoint. */
  optimizerState(): NamedTensors {
    return this.#optimizer!.state();
  }

  restoreOptimizer(state: NamedTensors): void {
    this.#optimizer!.restore(state);
  }

  dispose(): void {
    this.#optimizer?.dispose();
    this.#tf.dispose(this.#fixed);
    this.#tf.dispose(this.#gradients ?? []);
  }
}

/** The head's tensors among all that train. */
export function headOf(weights: NamedTensors, config: HeadConfig): HeadWeights {
  return Object.fromEntries(
    headShapes(config).map(({ name, shape }) => [name, { shape, values: weights.get(name)!.data }]),
  );
}

/** The backbone's tensors among all that train; null when there are none. */
export function tunedOf(weights: NamedTensors, config: HeadConfig): NamedTensors | null {
  const own = new Set(headShapes(config).map(({ name }) => name));
  const tuned = new Map([...weights].filter(([name]) => !own.has(name)));
  return tuned.size > 0 ? tuned : null;
}
