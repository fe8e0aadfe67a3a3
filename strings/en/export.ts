import { formatsFor } from '../format.ts';

const format = formatsFor('en');
const pictures = (n: number): string =>
  `${format.integer(n)} ${format.plural(n, { one: 'picture', other: 'pictures' })}`;

/** Words of the Export screen. */
export const exporting = {
  title: 'Export',
  lead: 'Take the model away. Every export is loaded again and compared with the app before you get it.',
  noRunTitle: 'Nothing to export yet',
  noRunText: 'When a run has finished, its model leaves here in a format that others can load.',
  noRunAction: 'Go to Train',
  of: (run: string, backbone: string) => `${run} · ${backbone}`,
  formats: {
    tfjs: { name: 'TensorFlow.js', purpose: 'For web pages and Node: a layers model with its weights and labels.' },
    keras: { name: 'Keras .keras', purpose: 'For Python: Keras 3, to go on training or to serve.' },
    h5: { name: 'Keras .h5', purpose: 'For Python: older Keras and TensorFlow.' },
    onnx: { name: 'ONNX', purpose: 'For almost everything else: C++, C#, Java, phones, ONNX Runtime.' },
    savedmodel: { name: 'SavedModel', purpose: 'For TensorFlow Serving and TensorFlow Lite.' },
    script: { name: 'Keras script', purpose: 'The whole run as a Python file, to read and to run again.' },
  },
  later: 'Comes in a later version',
  size: (size: string) => `about ${size}`,
  exportAs: (format: string) => `Export as ${format}`,
  exportAgain: 'Export again',
  running: 'Writing, loading again and comparing…',
  failed: 'The export failed',
  certificate: 'Certificate',
  same: (numImages: number) => `${format.integer(numImages)} of ${pictures(numImages)} answered the same`,
  changed: (numSame: number, numImages: number) =>
    `${format.integer(numSame)} of ${pictures(numImages)} answered the same`,
  largest: (difference: string) => `Largest difference of a probability: ${difference}`,
  mean: (difference: string) => `On average: ${difference}`,
  exact: 'No difference at all',
  files: 'Files',
  total: 'Together',
  folder: 'Folder',
  download: 'Download as a zip',
  reveal: 'Show in its folder',
  chooseFolder: 'Choose a folder and export',
  snippet: 'How to use it',
  snippetHint:
    'A picture becomes a tensor of [1, height, width, 3] with values from 0 to 255; everything else is inside the model.',
  copy: 'Copy',
  copied: 'Copied',
};
