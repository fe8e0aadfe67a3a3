/** The weights a layer must have, in Keras's order. */
export interface ExpectedLayer {
  name: string;
  /** Keras's class of the layer, where files go by it. */
  className?: string;
  weights: readonly { name: string; shape: readonly number[] }[];
}

/** A tensor in a file: found by its path, called by its name. */
export interface StoredTensor {
  name: string;
  path: string;
  shape: readonly number[];
}

/** Which stored tensor becomes which weight: `<layer>/<weight>` to tensor, every shape checked. */
export type TensorPlan = Map<string, { stored: StoredTensor; shape: readonly number[] }>;

/** A tensor that is not as the model wants it. */
export class TensorMismatch extends Error {
  readonly layer: string;
  readonly expected: string;
  readonly found: string;
  /** Nothing of that name is there: another way of matching may say more. */
  readonly isAbsent: boolean;
  constructor(layer: string, expected: string, found: string, isAbsent = false) {
    super(`${layer}: expected ${expected}, found ${found}`);
    this.layer = layer;
    this.expected = expected;
    this.found = found;
    this.isAbsent = isAbsent;
  }
}

/** A shape as people write it. */
export const sizes = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/**
 * Whether a stored tensor can be a weight: the same shape, or a depthwise kernel [h, w, c, m] that a grouped convolution
 * stored as [h, w, 1, c * m], which are the same numbers in the same order.
 */
export function fits(shape: readonly number[], stored: readonly number[]): boolean {
  if (shape.join() === stored.join()) return true;
  const [height, width, channels, multiplier] = shape;
  return shape.length === 4 && stored.join() === [height, width, 1, channels! * multiplier!].join();
}

/** Pairs the weights of one layer with its tensors, one by one. @throws TensorMismatch */
export function pairLayer(plan: TensorPlan, layer: ExpectedLayer, tensors: readonly StoredTensor[]): void {
  if (tensors.length !== layer.weights.length)
    throw new TensorMismatch(layer.name, `${layer.weights.length} tensors`, `${tensors.length} tensors`);
  layer.weights.forEach(({ name, shape }, index) => pair(plan, `${layer.name}/${name}`, shape, tensors[index]!));
}

/** Adds one pair to a plan. @throws TensorMismatch */
export function pair(plan: TensorPlan, name: string, shape: readonly number[], stored: StoredTensor): void {
  if (!fits(shape, stored.shape)) {
    const isSameName = `/${name}`.endsWith(`/${stored.name.replace(/:\d+$/, '')}`);
    throw new TensorMismatch(name, sizes(shape), `${sizes(stored.shape)}${isSameName ? '' : ` (${stored.name})`}`);
  }
  plan.set(name, { stored, shape });
}

/** The first plan that holds. @throws the first TensorMismatch that compares something, else the one of the first plan */
export function firstPlan(plans: readonly ((plan: TensorPlan) => void)[]): TensorPlan {
  const mismatches: TensorMismatch[] = [];
  for (const fill of plans) {
    const plan: TensorPlan = new Map();
    try {
      fill(plan);
      return plan;
    } catch (mismatch) {
      if (!(mismatch instanceof TensorMismatch)) throw mismatch;
      mismatches.push(mismatch);
    }
  }
  throw mismatches.find(({ isAbsent }) => !isAbsent) ?? mismatches[0]!;
}
