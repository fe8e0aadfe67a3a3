/**
 * Node and browser code that loads an exported TensorFlow.js model and asks it about one picture. Kept short enough to
 * be read before it is copied.
 *
 * @param inputSize pixels of a side
 */
export function tfjsSnippet(inputSize: number, labelsFile: string | null): string {
  const labels = labelsFile === null ? null : `const labels = await (await fetch('./model/${labelsFile}')).json();`;
  const lines = [
    `import * as tf from '@tensorflow/tfjs';`,
    ``,
    `const model = await tf.loadLayersModel('./model/model.json');`,
    ...(labels === null ? [] : [labels]),
    `const probabilities = tf.tidy(() => {`,
    `  const picture = tf.browser.fromPixels(document.querySelector('img'));`,
    `  const input = tf.image.resizeBilinear(picture, [${inputSize}, ${inputSize}]).expandDims(); // [1, ${inputSize}, ${inputSize}, 3], 0..255`,
    `  return model.predict(input).dataSync();`,
    `});`,
    labels === null
      ? `console.log(probabilities);`
      : `console.log(labels[probabilities.indexOf(Math.max(...probabilities))]);`,
  ];
  return lines.join('\n');
}
