/**
 * Counts names as a fresh Keras session gives them to layers without one: conv2d, conv2d_1, conv2d_2, …
 *
 * @returns the next name for a type of layer in Keras's spelling, such as `max_pooling2d`
 */
export function automaticNames(): (type: string) => string {
  const counts = new Map<string, number>();
  return (type) => {
    const count = counts.get(type) ?? 0;
    counts.set(type, count + 1);
    return count === 0 ? type : `${type}_${count}`;
  };
}

/**
 * Finds the block of every layer with an automatic name.
 *
 * @param blocks in the order in which they are built, each with the types of the layers in it that have no name of their own
 */
export function blocksByAutomaticName(
  blocks: readonly (readonly [block: string, types: readonly string[]])[],
): ReadonlyMap<string, string> {
  const nextName = automaticNames();
  return new Map(blocks.flatMap(([block, types]) => types.map((type) => [nextName(type), block] as const)));
}
