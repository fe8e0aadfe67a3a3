import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { env, getBackend, ready, tensor4d, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';
import { resizeRgb, type Pixels } from './resize.ts';

export interface Answer {
  label: string;
  /** 0..1 */
  probability: number;
}

/** The exported model that lies beside this page. */
export class Classifier {
  readonly #model: LayersModel;
  readonly #labels: readonly string[];
  /** [height, width] in pixels. */
  readonly #inputSize: readonly [number, number];
  /** By what it is computed. */
  readonly computedBy: 'webgl' | 'halfWebgl' | 'cpu';

  private constructor(model: LayersModel, labels: readonly string[]) {
    const [, height, width] = model.inputs[0]!.shape;
    this.#model = model;
    this.#labels = labels;
    this.#inputSize = [height!, width!];
    const isHalf = getBackend() === 'webgl' && !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED');
    this.computedBy = getBackend() === 'webgl' ? (isHalf ? 'halfWebgl' : 'webgl') : 'cpu';
  }

  /** Loads `model.json` and `labels.json`, and computes once, so that the first answer is as quick as the next. */
  static async load(): Promise<Classifier> {
    await ready();
    const [model, labels] = await Promise.all([loadLayersModel('model.json'), fetch('labels.json')]);
    if (!labels.ok) throw new Error(`labels.json: ${labels.status}`);
    const classifier = new Classifier(model, (await labels.json()) as string[]);
    const [height, width] = classifier.#inputSize;
    tidy(() => model.predict(zeros([1, height, width, 3])));
    return classifier;
  }

  /** @returns all classes, most probable first. */
  async classify(pixels: Pixels): Promise<Answer[]> {
    const [height, width] = this.#inputSize;
    const input = resizeRgb(pixels, this.#inputSize);
    const output = tidy(() => this.#model.predict(tensor4d(input, [1, height, width, 3])) as Tensor); // [1, numClasses]
    const probabilities = await output.data();
    output.dispose();
    return this.#labels
      .map((label, index) => ({ label, probability: probabilities[index]! }))
      .sort((one, other) => other.probability - one.probability);
  }
}
