import { hardSigmoid3, hardSilu, type ActivationRewrite } from './activations.ts';
import { customScaleLayer, groupedConv2d, keptGlobalAveragePooling2d, layerScale, normalization } from './layers.ts';
import type { Rewrite } from './rewrite.ts';

/** Every layer of Graft's own that built-in ones can stand for, by its class name. A new one is one function and one line here. */
export const rewrites: ReadonlyMap<string, Rewrite> = new Map<string, Rewrite>([
  ['CustomScaleLayer', customScaleLayer],
  ['GroupedConv2D', groupedConv2d],
  ['KeptGlobalAveragePooling2D', keptGlobalAveragePooling2d],
  ['LayerScale', layerScale],
  ['Normalization', normalization],
]);

/** The same for activations, by the name in a layer's configuration. */
export const activationRewrites: ReadonlyMap<string, ActivationRewrite> = new Map<string, ActivationRewrite>([
  ['hard_sigmoid_3', hardSigmoid3],
  ['hard_silu', hardSilu],
]);
