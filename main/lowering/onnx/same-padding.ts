export interface Window2D {
  /** [height, width] each. */
  kernelSize: readonly [number, number];
  strides: readonly [number, number];
  dilation: readonly [number, number];
}

/**
 * Computes the pads of TensorFlow's `SAME` from a static size: what is odd goes to the bottom and to the right.
 *
 * ONNX's `SAME_UPPER` means the same, but some runtimes take it for symmetric with strides, so pads are written out.
 *
 * @param size [height, width] of the input.
 * @returns pads in ONNX's order: [top, left, bottom, right].
 * @see https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
export function samePads(size: readonly [number, number], window: Window2D): [number, number, number, number] {
  const [top, bottom] = sidePads(size[0], window.kernelSize[0], window.strides[0], window.dilation[0]);
  const [left, right] = sidePads(size[1], window.kernelSize[1], window.strides[1], window.dilation[1]);
  return [top, left, bottom, right];
}

function sidePads(size: number, kernelSize: number, stride: number, dilation: number): [number, number] {
  const numOutputs = Math.ceil(size / stride);
  const total = Math.max((numOutputs - 1) * stride + (kernelSize - 1) * dilation + 1 - size, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}
