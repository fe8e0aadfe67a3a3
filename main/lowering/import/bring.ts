import { createHash } from 'node:crypto';
import path from 'node:path';
import type { BringOptions, ModelInspection, PixelScaling } from '../../../contract/backbone.ts';
import { GraftError } from '../../../contract/errors.ts';
import { canResize, cutArchitecture, placeLayers, type Architecture } from '../../backbones/architecture.ts';
import { broughtFile, type BroughtRecord } from '../../backbones/brought.ts';
import { nearMatches } from '../../backbones/registry.ts';
import { storeWeights } from '../../backbones/weights.ts';
import { writeFileAtomic } from '../../store/write-atomic.ts';
import { cutsOf, readBroughtModel, scalesItself, suggestCut, type BroughtModel } from './read-model.ts';

/** What a model in a file is, before it is brought. @throws what `readBroughtModel` throws */
export async function inspectModel(file: string): Promise<ModelInspection> {
  const model = await readBroughtModel(file);
  const cuts = new Set(cutsOf(model.layers).map(({ name }) => name));
  return {
    name: nameOf(file),
    sourceFile: model.sourceFile,
    sourceSha256: model.sourceSha256,
    inputShape: model.architecture.input.shape as [number, number, number],
    isSizeFixed: !canResize(model.architecture),
    layers: model.layers.map(({ name, type, shape, weights }) => ({
      name,
      type,
      outputShape: [...shape],
      numParameters: weights.reduce((sum, weight) => sum + weight.shape.reduce((a, b) => a * b, 1), 0),
      canCut: cuts.has(name),
    })),
    suggestedCut: suggestCut(model.layers),
    pixels: pixelsOf(model),
  };
}

/**
 * Makes a backbone of a model in a file: its classifier is cut off, the rest kept in the home. The same file cut at the same
 * place is the same backbone.
 *
 * @param file absolute path
 * @returns the backbone's id
 * @throws what `readBroughtModel` throws, model-no-cut, layer-not-found, disk-full, cannot-write
 */
export async function bringModel(file: string, options: BringOptions, { home }: { home: string }): Promise<string> {
  const model = await readBroughtModel(file);
  const cuts = cutsOf(model.layers).map(({ name }) => name);
  const cutAt = options.cutAt ?? suggestCut(model.layers);
  if (cutAt === null)
    throw new GraftError('model-not-readable', { path: file, problem: 'no layer of it gives feature maps' });
  if (!cuts.includes(cutAt))
    throw new GraftError('layer-not-found', {
      layer: cutAt,
      backboneId: model.sourceFile,
      near: nearMatches(cutAt, cuts),
    });
  const pixels = options.pixels ?? pixelsOf(model);
  const features = cutArchitecture(model.architecture, cutAt);
  return keepFeatures(model, file, { features, cutAt, pixels, name: options.name ?? nameOf(file) }, home);
}

/** What a model takes for pixels 0..255: as they are where it scales them, or where Graft wrote it, else as Teachable Machine does. */
export function pixelsOf({ layers, metadata }: BroughtModel): PixelScaling {
  return scalesItself(layers) || 'graft' in metadata ? '0..255' : '-1..1';
}

/**
 * Keeps the features part of a model in the home as a backbone.
 *
 * @param part `features`: what is kept; `cutAt`: its last layer that the model has
 * @returns the backbone's id
 * @throws model-not-readable, disk-full, cannot-write
 */
export async function keepFeatures(
  model: BroughtModel,
  file: string,
  part: { features: Architecture; cutAt: string; pixels: PixelScaling; name: string },
  home: string,
): Promise<string> {
  const numChannels = model.architecture.input.shape[2];
  if (numChannels !== 3)
    throw new GraftError('model-not-readable', {
      path: file,
      problem: `its pictures have ${numChannels} channels, not red, green and blue`,
    });
  const { features: architecture, cutAt, pixels, name } = part;
  const isCut = architecture.output === cutAt;
  const key = `${model.sourceSha256} ${cutAt} ${pixels}${isCut ? '' : ' as maps'}`;
  const id = `own-${slug(name)}-${createHash('sha256').update(key).digest('hex').slice(0, 6)}`;
  const record: BroughtRecord = {
    formatVersion: 1,
    id,
    name,
    sourceFile: model.sourceFile,
    sourceSha256: model.sourceSha256,
    cutAt,
    pixels,
    architecture,
  };
  const kept = new Map(
    placeLayers(architecture)
      .flatMap((layer) => layer.weights.map((weight) => `${layer.name}/${weight.name}`))
      .map((weight) => [weight, model.tensors.get(weight)!]),
  );
  // In this order: a crash between the two leaves weights that nothing names. Of a model brought before, nothing is taken away.
  await storeWeights(id, kept, { sourceFile: model.sourceFile, sourceSha256: model.sourceSha256 }, home);
  await writeFileAtomic(broughtFile(home, id), `${JSON.stringify(record)}\n`);
  return id;
}

/** A name for a model from where it lies: Teachable Machine calls every file the same, so then the folder's. */
export function nameOf(file: string): string {
  const base = path.basename(file).replace(/\.(keras|h5|hdf5|json|zip)$/i, '');
  const folder = path.basename(path.dirname(file));
  // An upload lies in a folder with a made-up name.
  const usual = ['model', 'keras_model'].includes(base) && !/^[0-9a-f-]{36}$/.test(folder) ? folder : base;
  return usual.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').slice(0, 80) || 'model';
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-$/, '') || 'model';
