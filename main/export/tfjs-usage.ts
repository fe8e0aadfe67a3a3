import type { ExportUsage } from '../../contract/model.ts';
import type { ExportContext } from './format.ts';

/** Lines for a web page. */
export function tfjsUsage({ inputSize: [height, width] }: Pick<ExportContext, 'inputSize'>): ExportUsage {
  const code = `import * as tf from '@tensorflow/tfjs';

const model = await tf.loadLayersModel('model.json'); // the address of model.json
const labels = await (await fetch('labels.json')).json();

export function classify(picture) {
  const canvas = Object.assign(document.createElement('canvas'), { width: ${width}, height: ${height} });
  const context = Object.assign(canvas.getContext('2d'), { imageSmoothingQuality: 'high', fillStyle: 'white' });
  context.fillRect(0, 0, ${width}, ${height}); // under what is transparent
  context.drawImage(picture, 0, 0, ${width}, ${height}); // an <img>, <video> or <canvas>
  const probabilities = tf.tidy(() => model.predict(tf.browser.fromPixels(canvas).toFloat().expandDims()).dataSync());
  return labels.map((label, index) => ({ label, probability: probabilities[index] }));
}`;
  return { language: 'javascript', install: 'npm install @tensorflow/tfjs', code };
}
