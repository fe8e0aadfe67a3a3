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
  formatsTitle: 'Formats',
  formats: {
    keras: { name: 'Keras .keras', purpose: 'For Python: Keras 3, to go on training or to serve.' },
    h5: { name: 'Keras .h5', purpose: 'For Python: older Keras and TensorFlow.' },
    savedmodel: { name: 'SavedModel', purpose: 'For TensorFlow Serving and TensorFlow Lite.' },
    onnx: { name: 'ONNX', purpose: 'For almost everything else: C++, C#, Java, phones, ONNX Runtime.' },
    tfjs: { name: 'TensorFlow.js', purpose: 'For browsers and Node, with a web page that runs the model.' },
    script: { name: 'Keras script', purpose: 'The whole run as a Python file, to read and to run again.' },
    features: {
      name: 'Features',
      purpose: 'What the backbone sees in each picture, and what the model says of it, as tables.',
    },
  },
  states: { running: 'Exporting…', finished: 'Exported', failed: 'Failed' },
  hint: 'Labels, preprocessing, a model card and the certificate go along.',
  ofImported: 'Neither a script nor features: how this saved model was trained, and on which pictures, is not known.',
  noScript:
    'No Keras script: this run goes on from a saved model, from a run on other pictures, or from one that was removed, so that a script would not be the whole training.',
  input: 'Takes',
  inputText: (height: number, width: number) => `RGB pixels 0 to 255, float32, [batch, ${height}, ${width}, 3]`,
  output: 'Gives',
  outputText: (numClasses: number) => `${format.integer(numClasses)} probabilities, in the order of labels.json`,
  takes: {
    script: 'the folder of your pictures, and Python with Keras 3',
    features: 'nothing more: all pictures of the run are in it, with label and split',
  },
  gives: {
    script: 'the same training, to change as you like',
    features: 'one row for each picture, for NumPy, pandas or a spreadsheet',
  },
  sizeTitle: 'Size',
  precision: 'Weights',
  precisions: { float32: 'float32', float16: 'float16' },
  precisionHint: {
    float32: 'As trained.',
    float16: 'Half the size. Probabilities may differ by up to 0.01; the answers may not.',
  },
  folding: 'Normalisation',
  fold: 'Fold BatchNormalization into the convolutions',
  foldHint: 'A little smaller and faster. Those layers are gone then: for answering, not for training on.',
  size: (size: string) => `about ${size}`,
  exportAs: (format: string) => `Export as ${format}`,
  exportAgain: (format: string) => `Export as ${format} again`,
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
  noCertificate: 'There is no model in it yet that could be compared with the app.',
  install: 'Install once',
  snippet: 'How to use it',
  card: 'README.md and card.json, the model card, say all of this too: data, training, accuracy, limits.',
  webPage: 'index.html runs the model in a browser: open the folder from any web server.',
  copy: 'Copy',
  copyWhat: (what: string) => `Copy: ${what}`,
  copied: 'Copied',
};
