import type { BackboneLayers, LayerFacts } from '../../../contract/backbone.ts';
import type { Trainable } from '../../../contract/run.ts';

export type BlockFacts = BackboneLayers['blocks'][number];
export type Freezing = 'frozen' | 'trainable' | 'some';

/** Layers that have something to train, in the backbone's own order. */
export function trainableOrder(blocks: readonly BlockFacts[]): LayerFacts[] {
  return blocks
    .flatMap((block) => block.layers)
    .filter((layer) => layer.numTrainable > 0)
    .sort((a, b) => a.order - b.order);
}

/** Names of the layers that a choice trains; a choice of layers that are not there trains none of them. */
export function chosenLayers(blocks: readonly BlockFacts[], trainable: Trainable): ReadonlySet<string> {
  const order = trainableOrder(blocks);
  const names = (layers: readonly LayerFacts[]) => new Set(layers.map((layer) => layer.name));
  if (trainable === 'none') return new Set();
  if (trainable === 'all') return names(order);
  if ('layers' in trainable) return names(order.filter((layer) => trainable.layers.includes(layer.name)));
  const from = blocks.flatMap((block) => block.layers).find((layer) => layer.name === trainable.from)?.order;
  return from === undefined ? new Set() : names(order.filter((layer) => layer.order >= from));
}

/** Says a set of layers in the fewest words: none, all, from a layer on, or each. */
export function describeChoice(blocks: readonly BlockFacts[], chosen: ReadonlySet<string>): Trainable {
  const order = trainableOrder(blocks);
  const own = order.filter((layer) => chosen.has(layer.name));
  if (own.length === 0) return 'none';
  if (own.length === order.length) return 'all';
  const suffix = order.slice(order.length - own.length);
  return suffix.every((layer) => chosen.has(layer.name))
    ? { from: suffix[0]!.name }
    : { layers: own.map((layer) => layer.name) };
}

/** A block's state: of its layers that have something to train. */
export function blockFreezing(block: BlockFacts, chosen: ReadonlySet<string>): Freezing {
  const own = block.layers.filter((layer) => layer.numTrainable > 0);
  const numChosen = own.filter((layer) => chosen.has(layer.name)).length;
  if (numChosen === 0) return 'frozen';
  return numChosen === own.length ? 'trainable' : 'some';
}

/** The choice with some layers switched on or off. */
export function switched(
  blocks: readonly BlockFacts[],
  trainable: Trainable,
  layers: readonly LayerFacts[],
  isOn: boolean,
): Trainable {
  const chosen = new Set(chosenLayers(blocks, trainable));
  for (const { name } of layers) {
    if (isOn) chosen.add(name);
    else chosen.delete(name);
  }
  return describeChoice(blocks, chosen);
}

/**
 * How many blocks, counted from the output, train whole: what the slider shows.
 *
 * @returns 0 for none and, for any pattern that is no row of whole blocks, as many as are whole
 */
export function boundaryOf(blocks: readonly BlockFacts[], trainable: Trainable): number {
  const chosen = chosenLayers(blocks, trainable);
  const counted = blocksWithWeights(blocks);
  let whole = 0;
  while (whole < counted.length && blockFreezing(counted.at(-1 - whole)!, chosen) === 'trainable') whole++;
  return whole;
}

/** The choice of the slider: the last blocks train, all before them are frozen. */
export function fromBoundary(blocks: readonly BlockFacts[], numBlocks: number): Trainable {
  const counted = blocksWithWeights(blocks);
  const own = counted.slice(counted.length - numBlocks);
  return describeChoice(blocks, new Set(own.flatMap((block) => block.layers.map((layer) => layer.name))));
}

/** Blocks that have something to train. */
export function blocksWithWeights(blocks: readonly BlockFacts[]): BlockFacts[] {
  return blocks.filter((block) => block.layers.some((layer) => layer.numTrainable > 0));
}
