import { following, notInKeras, type KerasCall, type KerasDialect, type KerasLayer } from './layer.ts';

/** Adds layers that compute an activation after another. @param name for the last; names of others begin with it */
type ActivationLayers = (x: KerasLayer, name: string) => KerasLayer[];

/** Keras's word for an activation of TensorFlow.js, or layers that compute it. */
type Said = string | ActivationLayers;

/** Activations that both Keras 2 and Keras 3 have, by their names in TensorFlow.js. */
const shared: Readonly<Record<string, Said>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  selu: 'selu',
  sigmoid: 'sigmoid',
  softmax: 'softmax',
  softplus: 'softplus',
  softsign: 'softsign',
  tanh: 'tanh',
  gelu: 'gelu',
  mish: 'mish',
  logSoftmax: 'log_softmax',
  // The word `hard_sigmoid` means one slope to Keras 2 and another to Keras 3: this one is max(0, min(1, 0.2 x + 0.5)).
  hardSigmoid(x, name) {
    const line = following(x, 'Rescaling', `${name}_line`, { scale: 0.2, offset: 0.5 });
    return [line, following(line, 'ReLU', name, { max_value: 1, negative_slope: 0, threshold: 0 })];
  },
};

const own: Readonly<Record<KerasDialect, Readonly<Record<string, Said>>>> = {
  keras3: { swish: 'silu', hard_sigmoid_3: 'hard_sigmoid', hard_silu: 'hard_silu' },
  keras2: {
    swish: 'swish',
    hard_sigmoid_3: relu6Gate,
    hard_silu(x, name) {
      const gate = relu6Gate(x, `${name}_gate`);
      return [...gate, { ...following(x, 'Multiply', name, {}), inputs: [x, gate.at(-1)!] }];
    },
  },
};

/** relu6(x + 3) / 6 */
function relu6Gate(x: KerasLayer, name: string): KerasLayer[] {
  const shifted = following(x, 'Rescaling', `${name}_shift`, { scale: 1, offset: 3 });
  const cut = following(shifted, 'ReLU', `${name}_relu6`, { max_value: 6, negative_slope: 0, threshold: 0 });
  return [shifted, cut, following(cut, 'Rescaling', name, { scale: 1 / 6, offset: 0 })];
}

/**
 * Gives a layer its activation: the word for it, or layers after it.
 *
 * @param make the layer with a word of Keras for its activation
 * @throws GraftError layer-not-supported
 */
export function withActivation(call: KerasCall, make: (activation: string) => KerasLayer): KerasLayer[] {
  const said = activationOf(call);
  if (typeof said === 'string') return [make(said)];
  const layer = make('linear');
  return [layer, ...said(layer, `${layer.name}_activation`)];
}

/** An activation as a layer of its own. @throws GraftError layer-not-supported */
export function activationLayer(call: KerasCall, same: (activation: string) => KerasLayer): KerasLayer[] {
  const said = activationOf(call);
  return typeof said === 'string' ? [same(said)] : said(call.input, call.layer.name);
}

function activationOf({ layer, config, dialect }: KerasCall): Said {
  const name = typeof config['activation'] === 'string' ? config['activation'] : 'linear';
  const said = own[dialect][name] ?? shared[name];
  if (said === undefined) throw notInKeras(layer, `activation ${name}`);
  return said;
}
