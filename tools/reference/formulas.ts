/** Weights and pictures made by formula, for tests: the same as formulas.py beside it makes, bit by bit. */

function fnv1a(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

/** `count` numbers in [-1, 1) that depend on the name. */
export function uniform(name: string, count: number): Float64Array {
  const seed = fnv1a(name);
  const numbers = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    let h = (Math.imul(index, 0x9e3779b1) + seed) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    numbers[index] = ((h ^ (h >>> 16)) >>> 0) / 2147483648 - 1;
  }
  return numbers;
}

/** A weight tensor: kernels He-uniform (a quarter of the variance before a shortcut), the rest near what training gives. */
export function formulaWeight(layer: string, name: string, shape: readonly number[]): Float32Array {
  const [height = 1, width = 1] = shape;
  const numInputs = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  // EfficientNetV2: enough at a stage's first block to last, so little in the others that dozens of them do not grow.
  // MobileNetV3 (`expanded_conv_1` and on): its activation halves what is small.
  const isLarge = layer.includes('a_dwconv2') || /^expanded_conv_\d/.test(layer);
  const depthwiseGain = isLarge ? 13.5 : layer.includes('dwconv2') ? 2 : 6;
  const scale: Record<string, [number, number]> = {
    kernel: [0, Math.sqrt((layer.includes('project') && height === 1 ? 1.5 : 6) / numInputs)],
    pointwise_kernel: [0, Math.sqrt(3 / numInputs)], // nothing non-linear comes between it and the depthwise kernel
    depthwise_kernel: [0, Math.sqrt(depthwiseGain / (height * width))],
    gamma: [1, 0.2],
    moving_variance: [1, 0.2],
    mean: [0.45, 0.1], // of pixels 0..1
    variance: [0.004, 0.001], // small, so that pictures still differ after all of EfficientNet
    bias: [/se_expand|excite_conv_1/.test(layer) ? 2 : 0, 0.1], // gates mostly open, or nothing is left after many
  };
  const [center, spread] = scale[name] ?? [0, 0.1];
  const numbers = uniform(`${layer}/${name}`, shape.reduce((a, b) => a * b, 1));
  const weight = new Float32Array(numbers.length);
  for (let index = 0; index < weight.length; index++) weight[index] = center + spread * numbers[index]!;
  return weight;
}

/** RGB 0..255 [height, width, 3] of stripes, rings and gradients that differ by index. */
export function formulaPicture(index: number, height: number, width: number): Uint8Array {
  const pixels = new Uint8Array(height * width * 3);
  const square = (n: number) => n * n;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const stripes = x * (index + 1) * 7 + y * (2 * index + 3) * 5;
        const rings = Math.floor((square(x - Math.floor(width / 2)) + square(y - Math.floor(height / 2))) / (8 + index));
        pixels[(y * width + x) * 3 + c] = (stripes * (c + 1) + rings + 50 * c * index) % 256;
      }
  return pixels;
}
