import type * as tf from '@tensorflow/tfjs-node';
import type { BackboneLayers } from '../../contract/backbone.ts';
import { findBackbone } from '../backbones/registry.ts';
import { importWeights } from '../backbones/weights.ts';
import { FROZEN_BATCH_SIZE } from '../engine/frozen-part.ts';
import { openFrozenPart } from '../engine/open-frozen-part.ts';
import { measureFrozenPart } from '../engine/predict.ts';
import type { Places } from '../engine/train-runs.ts';

export interface MeasureJob extends Places {
  backboneId: string;
  cacheFolder: string;
}
export interface LayersJob {
  backboneId: string;
  inputSize: readonly [number, number];
}
export interface ImportJob extends Places {
  backboneId: string;
  file: string;
}

/** Milliseconds a picture of a backbone, frozen, at its own input size. */
export async function measure(job: MeasureJob): Promise<number> {
  const spec = findBackbone(job.backboneId);
  const frozen = await openFrozenPart(spec, spec.inputSize, { pooled: true, maps: false }, job);
  try {
    return await measureFrozenPart(frozen, spec.inputSize, FROZEN_BATCH_SIZE);
  } finally {
    await frozen.dispose();
  }
}

/** The layer list of a backbone at an input size. */
export async function layers(job: LayersJob): Promise<BackboneLayers> {
  const spec = findBackbone(job.backboneId);
  const model = await spec.build(job.inputSize);
  try {
    const blocks = spec.blocks(model).map((block) => {
      const facts = block.layerNames.map((name) => {
        const layer = model.getLayer(name);
        return {
          name,
          type: layer.getClassName(),
          outputShape: (layer.outputShape as (number | null)[]).slice(1),
          numParameters: layer.countParams(),
          numTrainable: layer.trainableWeights.reduce((sum, { shape }) => sum + shape.reduce<number>((a, b) => a * (b ?? 1), 1), 0),
          inputs: inputNames(layer),
        };
      });
      return {
        name: block.name,
        hasShortcut: block.hasShortcut,
        numParameters: facts.reduce((sum, layer) => sum + layer.numParameters, 0),
        layers: facts,
      };
    });
    return { backboneId: spec.id, inputSize: [job.inputSize[0], job.inputSize[1]], blocks };
  } finally {
    model.dispose();
  }
}

/** Names of the layers whose outputs a layer reads. */
function inputNames(layer: tf.layers.Layer): string[] {
  const { input } = layer;
  return (Array.isArray(input) ? input : [input])
    .map((tensor) => tensor.sourceLayer.name)
    .filter((name) => name !== layer.name); // an input layer reads itself
}

/** Imports a weight file. @throws weights-not-readable, weights-mismatch */
export async function importFile(job: ImportJob): Promise<null> {
  await importWeights(findBackbone(job.backboneId), job.file, job);
  return null;
}
