import { activationLayer } from '../activations.ts';
import { following, notInKeras, sameLayer, type KerasCall, type KerasLowering } from '../layer.ts';

/** Takes settings of TensorFlow.js over under Keras's names, which are theirs with underscores. */
const taking =
  (className: string, ...settings: readonly string[]): KerasLowering =>
  (call) => {
    if (call.config['dataFormat'] === 'channelsFirst') throw notInKeras(call.layer, 'channels first');
    const taken = settings.map((name) => [underscored(name), call.config[name] ?? null] as const);
    return [sameLayer(call, className, Object.fromEntries(taken))];
  };
const underscored = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const pooling = (className: string) => taking(className, 'poolSize', 'strides', 'padding');

/** ReLU, with or without a ceiling. */
const relu: KerasLowering = (call) => [
  sameLayer(call, 'ReLU', { max_value: call.config['maxValue'] ?? null, negative_slope: 0, threshold: 0 }),
];

/** LeakyReLU: Keras 3 calls its slope otherwise. */
const leakyRelu: KerasLowering = (call) => [
  sameLayer(call, 'LeakyReLU', { [call.dialect === 'keras3' ? 'negative_slope' : 'alpha']: call.config['alpha'] }),
];

const activation: KerasLowering = (call) =>
  activationLayer(call, (word) => sameLayer(call, 'Activation', { activation: word }));

/** KeptGlobalAveragePooling2D of Graft's: an option of Keras's own. */
const keptGlobalAveragePooling2d: KerasLowering = (call) => [
  sameLayer(call, 'GlobalAveragePooling2D', { data_format: 'channels_last', keepdims: true }),
];

/** CustomScaleLayer of InceptionResNetV2, x + scale * y: Keras has it, unregistered. */
const customScaleLayer: KerasLowering = (call) => {
  const [shortcut, residual] = call.inputs as [KerasCall['input'], KerasCall['input']];
  const scaled = following(residual, 'Rescaling', `${call.layer.name}_scale`, {
    scale: call.config['scale'],
    offset: 0,
  });
  return [scaled, sameLayer(call, 'Add', {}, { inputs: [shortcut, scaled] })];
};

/** HalfPixelResizing of Graft's is what Keras calls Resizing. */
const resizing = taking('Resizing', 'height', 'width', 'interpolation');

/** Layers that are little more than their name, by their class in TensorFlow.js. */
export const plainLayers: readonly (readonly [string, KerasLowering])[] = [
  ['Activation', activation],
  ['Add', taking('Add')],
  ['Average', taking('Average')],
  ['AveragePooling2D', pooling('AveragePooling2D')],
  ['Concatenate', taking('Concatenate', 'axis')],
  ['Cropping2D', taking('Cropping2D', 'cropping')],
  ['CustomScaleLayer', customScaleLayer],
  ['Dropout', taking('Dropout', 'rate', 'noiseShape')],
  ['ELU', taking('ELU', 'alpha')],
  ['Flatten', taking('Flatten')],
  ['GlobalAveragePooling2D', taking('GlobalAveragePooling2D')],
  ['GlobalMaxPooling2D', taking('GlobalMaxPooling2D')],
  ['HalfPixelResizing', resizing],
  ['KeptGlobalAveragePooling2D', keptGlobalAveragePooling2d],
  ['LeakyReLU', leakyRelu],
  ['MaxPooling2D', pooling('MaxPooling2D')],
  ['Maximum', taking('Maximum')],
  ['Multiply', taking('Multiply')],
  ['PReLU', taking('PReLU', 'sharedAxes')],
  ['Permute', taking('Permute', 'dims')],
  ['ReLU', relu],
  ['Rescaling', taking('Rescaling', 'scale', 'offset')],
  ['Reshape', taking('Reshape', 'targetShape')],
  ['Softmax', taking('Softmax', 'axis')],
  ['UpSampling2D', taking('UpSampling2D', 'size', 'interpolation')],
  ['ZeroPadding2D', taking('ZeroPadding2D', 'padding')],
];
