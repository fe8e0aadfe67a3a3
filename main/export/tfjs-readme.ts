import type { ExportUsage } from '../../contract/model.ts';
import type { ExportContext } from './format.ts';

/** What stands beside an exported TensorFlow.js model: what it takes and gives, ten lines that use it, where it comes from. */
export function modelReadme({ classNames, inputSize, provenance }: ExportContext): string {
  const [height, width] = inputSize;
  const accuracy =
    provenance.testAccuracy === null ? 'not measured (no test split)' : provenance.testAccuracy.toFixed(4);
  return `# Image classifier for TensorFlow.js

Input: RGB pixels 0..255, float32, [batch, ${height}, ${width}, 3]; pictures turned by EXIF, resized without keeping the aspect
ratio. Preprocessing is inside the model. Output: probabilities, [batch, ${classNames.length}], in the order of \`labels.json\`.

\`\`\`js
${tfjsUsage({ inputSize }).code}
\`\`\`

| | |
| --- | --- |
| Classes | ${classNames.length} |
| Backbone | ${provenance.backboneName} (${provenance.backboneLicence}), ${provenance.backbonePaper} |
| Pretrained weights | ${provenance.weightsOrigin} |
| Head | ${provenance.head} |
| Trained on | ${provenance.trainedOn}, ${provenance.numTrainImages} pictures |
| Test accuracy | ${accuracy} |
| Made with | Graft ${provenance.graftVersion} |

\`parity.json\` says how closely these files, loaded again in a fresh process, answered as the app did.
`;
}

/** Lines for a web page. */
export function tfjsUsage({ inputSize: [height, width] }: Pick<ExportContext, 'inputSize'>): ExportUsage {
  const code = `import * as tf from '@tensorflow/tfjs';

const model = await tf.loadLayersModel('model.json'); // the address of model.json
const labels = await (await fetch('labels.json')).json();

export function classify(imageElement) {
  const pixels = tf.browser.fromPixels(imageElement).resizeBilinear([${height}, ${width}]).toFloat();
  const probabilities = model.predict(pixels.expandDims(0)).dataSync();
  return labels.map((label, index) => ({ label, probability: probabilities[index] }));
}`;
  return { language: 'javascript', install: 'npm install @tensorflow/tfjs', code };
}
