import { GraftError } from '../../../contract/errors.ts';
import { writeFileAtomic } from '../../store/write-atomic.ts';
import { maxFileBytes } from '../../native/hdf5.ts';
import { hdf5Pieces, type Hdf5Dataset, type Hdf5Group } from '../../native/hdf5-write.ts';
import { modelConfig } from './config.ts';
import type { KerasLayer } from './layer.ts';
import type { KerasModel } from './lower.ts';
import { datasetOf, type Precision } from './weights.ts';

/** The version whose words the file speaks: the last of Keras 2. */
const header = { backend: 'tensorflow', keras_version: '2.15.0' };
/** Keras cuts lists in pieces from this size on, for an attribute of HDF5 holds no more. */
const maxListBytes = 64_512;

/**
 * Writes a model as the H5 file of Keras 2, which Keras 3 reads too.
 *
 * @param model in the words of Keras 2
 * @param graft JSON that goes along as an attribute of its own; Keras does not mind it
 * @param maxBytes what Graft's own reader takes, by which the file is proved
 * @throws export-too-large, before anything is written; disk-full, cannot-write
 */
export async function writeH5(
  model: KerasModel,
  file: string,
  precision: Precision,
  graft: object,
  maxBytes = maxFileBytes,
): Promise<void> {
  const layers = new Map(model.layers.map((layer) => [layer.name, layerGroup(layer, precision)]));
  const names = textLists('layer_names', [...layers.keys()]);
  const root: Hdf5Group = {
    attributes: { ...header, model_config: JSON.stringify(modelConfig(model)), graft: JSON.stringify(graft) },
    members: new Map([['model_weights', { attributes: { ...header, ...names }, members: layers }]]),
  };
  const { sizeBytes, pieces } = hdf5Pieces(root);
  if (sizeBytes > maxBytes) throw new GraftError('export-too-large', { format: 'h5', sizeBytes, maxBytes });
  await writeFileAtomic(file, pieces);
}

/** A layer's weights at `<layer>/<weight>:0` in a group of its name. */
function layerGroup({ name, weights }: KerasLayer, precision: Precision): Hdf5Group {
  const datasets = new Map<string, Hdf5Dataset>(
    weights.map((weight) => [`${weight.name}:0`, datasetOf(weight, precision)]),
  );
  return {
    attributes: textLists(
      'weight_names',
      [...datasets.keys()].map((own) => `${name}/${own}`),
    ),
    members: new Map(datasets.size === 0 ? [] : [[name, { attributes: {}, members: datasets }]]),
  };
}

/** A list as one attribute, or as several (`name0`, `name1`, …) where it is too long, as Keras reads it. */
function textLists(name: string, texts: readonly string[]): Record<string, readonly string[]> {
  const longest = Math.max(1, ...texts.map((text) => Buffer.byteLength(text)));
  const perPiece = Math.floor(maxListBytes / longest);
  if (texts.length <= perPiece) return { [name]: texts };
  const pieces: Record<string, readonly string[]> = {};
  for (let index = 0; index * perPiece < texts.length; index++)
    pieces[`${name}${index}`] = texts.slice(index * perPiece, (index + 1) * perPiece);
  return pieces;
}
