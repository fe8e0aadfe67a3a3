import type * as tf from '@tensorflow/tfjs-node';
import type { BackboneLayers, BringOptions, ModelInspection } from '../../contract/backbone.ts';
import { findBackbone } from '../backbones/catalogue.ts';
import { bringModel, inspectModel } from '../lowering/import/bring.ts';
import { importWeights } from '../backbones/weights.ts';
import { FROZEN_BATCH_SIZE } from '../engine/frozen-batch.ts';
import { layerGraphOf, type LayerGraph } from '../engine/layer-graph.ts';
import { openFrozenPart } from '../engine/open-frozen-part.ts';
import { measureFrozenPart } from '../engine/predict.ts';
import type { Places } from '../engine/training-job.ts';

export interface MeasureJob extends Places {
  backboneId: string;
  cacheFolder: string;
}
export interface LayersJob {
  home: string;
  backboneId: string;
  inputSize: readonly [number, number];
}
export interface ImportJob extends Places {
  backboneId: string;
  file: string;
  /** It comes from the official address. */
  isKnownOfficial: boolean;
}

/** Milliseconds a picture of a backbone, frozen, at its own input size. */
export async function measure(job: MeasureJob): Promise<number> {
  const spec = findBackbone(job.backboneId, job);
  const frozen = await openFrozenPart(spec, spec.inputSize, { pooled: true, maps: false }, job);
  try {
    return await measureFrozenPart(frozen, spec.inputSize, FROZEN_BATCH_SIZE);
  } finally {
    await frozen.dispose();
  }
}

/** A backbone's layers at an input size: in its own order, and in blocks. */
export async function layers(job: LayersJob): Promise<{ graph: LayerGraph; listed: BackboneLayers }> {
  const spec = findBackbone(job.backboneId, job);
  const model = await spec.build(job.inputSize);
  try {
    const graph = layerGraphOf(model);
    const facts = new Map(
      graph.map((layer, order) => [
        layer.name,
        {
          ...layer,
          order,
          outputShape: [...layer.outputShape],
          inputs: [...layer.inputs],
          ...windowOf(model.getLayer(layer.name)),
        },
      ]),
    );
    const blocks = spec.blocks(model).map(({ name, hasShortcut, layerNames }) => {
      const own = layerNames.map((layer) => facts.get(layer)!);
      return {
        name,
        hasShortcut,
        numParameters: own.reduce((sum, layer) => sum + layer.numParameters, 0),
        layers: own,
      };
    });
    return {
      graph,
      listed: { backboneId: spec.id, inputSize: [job.inputSize[0], job.inputSize[1]], blocks },
    };
  } finally {
    model.dispose();
  }
}

/** A layer's window, where it has one. */
function windowOf(layer: tf.layers.Layer): { kernel?: [number, number] } {
  const { kernelSize, poolSize } = layer.getConfig();
  const size = kernelSize ?? poolSize;
  if (typeof size === 'number') return { kernel: [size, size] };
  return Array.isArray(size) && size.length === 2 ? { kernel: [Number(size[0]), Number(size[1])] } : {};
}

/** Imports a weight file. @throws weights-not-readable, weights-mismatch */
export async function importFile(job: ImportJob): Promise<null> {
  await importWeights(findBackbone(job.backboneId, job), job.file, job, undefined, job.isKnownOfficial);
  return null;
}

export interface BringJob extends BringOptions {
  home: string;
  /** Absolute. */
  file: string;
}

/** What a model in a file is. @throws model-not-readable, model-layer-refused, weights-mismatch */
export const inspect = ({ file }: { file: string }): Promise<ModelInspection> => inspectModel(file);

/** Makes a backbone of a model in a file. @returns its id */
export const bring = (job: BringJob): Promise<string> => bringModel(job.file, job, job);
