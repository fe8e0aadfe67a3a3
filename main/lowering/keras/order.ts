import type { KerasLayer } from './layer.ts';

/**
 * Puts layers in the order of Keras's `model.layers`: by their distance from the output, the farthest first, and among equals
 * as a walk from the output meets them. Weight files go by it, so a layer out of place would be given another's weights.
 *
 * @param output every layer that it depends on is put in order
 */
export function inKerasOrder(output: KerasLayer): KerasLayer[] {
  const [met, after] = walk(output);
  const depth = new Map<KerasLayer, number>();
  for (const layer of after.toReversed()) {
    const own = depth.get(layer) ?? 0;
    depth.set(layer, own);
    for (const input of layer.inputs) depth.set(input, Math.max(own + 1, depth.get(input) ?? 0));
  }
  const place = new Map(met.map((layer, index) => [layer, index]));
  return met.toSorted((a, b) => depth.get(b)! - depth.get(a)! || place.get(a)! - place.get(b)!);
}

/** Layers as a walk from the output first meets them, and as it leaves them. */
function walk(output: KerasLayer): [met: KerasLayer[], left: KerasLayer[]] {
  const met = new Set<KerasLayer>([output]);
  const left: KerasLayer[] = [];
  const way = [{ layer: output, next: 0 }]; // a list, for the deepest have hundreds of layers
  while (way.length > 0) {
    const here = way.at(-1)!;
    const input = here.layer.inputs[here.next++];
    if (input === undefined) left.push(way.pop()!.layer);
    else if (!met.has(input)) {
      met.add(input);
      way.push({ layer: input, next: 0 });
    }
  }
  return [[...met], left];
}
