import type { KerasLayer } from './layer.ts';
import type { KerasModel } from './lower.ts';

/** Layers that take their inputs as one list. */
const merging = new Set(['Add', 'Average', 'Concatenate', 'Maximum', 'Multiply']);

/** The model as Keras writes its own down: `config.json` of a `.keras`, or `model_config` of an H5. */
export function modelConfig(model: KerasModel): object {
  return model.dialect === 'keras3' ? keras3Config(model) : keras2Config(model);
}

function keras3Config({ name, layers, input, output }: KerasModel): object {
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name,
      trainable: true,
      layers: layers.map((layer) => ({
        module: 'keras.layers',
        class_name: layer.className,
        config: configOf(layer),
        registered_name: null,
        name: layer.name,
        inbound_nodes: layer.inputs.length === 0 ? [] : [keras3Node(layer)],
      })),
      input_layers: [input.name, 0, 0],
      output_layers: [output.name, 0, 0],
    },
    registered_name: 'Functional',
  };
}

function keras3Node({ className, inputs }: KerasLayer): object {
  const tensors = inputs.map(({ name, shape }) => ({
    class_name: '__keras_tensor__',
    config: { shape, dtype: 'float32', keras_history: [name, 0, 0] },
  }));
  return { args: merging.has(className) ? [tensors] : tensors, kwargs: {} };
}

function keras2Config({ name, layers, input, output }: KerasModel): object {
  return {
    class_name: 'Functional',
    config: {
      name,
      trainable: true,
      layers: layers.map((layer) => ({
        class_name: layer.className,
        config: configOf(layer),
        name: layer.name,
        inbound_nodes: layer.inputs.length === 0 ? [] : [layer.inputs.map(({ name: from }) => [from, 0, 0, {}])],
      })),
      input_layers: [[input.name, 0, 0]],
      output_layers: [[output.name, 0, 0]],
    },
  };
}

function configOf({ className, name, trainable, config }: KerasLayer): object {
  return { name, ...(className !== 'InputLayer' && { trainable }), dtype: 'float32', ...config };
}
