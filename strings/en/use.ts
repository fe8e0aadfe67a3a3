import { formatsFor } from '../format.ts';

const format = formatsFor('en');

/** Words of the Use screen. */
export const use = {
  title: 'Use',
  lead: 'Show the model a picture that it has never seen.',
  asks: (run: string, backbone: string) => `${run} · ${backbone} answers.`,
  noRunTitle: 'No trained model yet',
  noRunText: 'When a run has finished, drop any picture here and the model says what it is.',
  noRunAction: 'Go to Train',
  drop: 'Drop pictures here',
  dropHint: 'JPEG, PNG, WebP, GIF, TIFF or AVIF. They are not added to your data set.',
  choose: 'Choose pictures',
  another: 'Ask about more pictures',
  answer: 'What the model says',
  asking: 'Asking the model…',
  probability: (className: string, percent: string) => `${className}: ${percent}`,
  milliseconds: (ms: number) => `Answered in ${format.integer(Math.round(ms))} ms.`,
  unsure: 'It is not sure: no class has half of the probability.',
  onlyThese: 'It knows only these classes. A picture of anything else still gets one of them.',
  strip: 'Pictures of this visit',
  clear: 'Clear',
  stripItem: (name: string, className: string, percent: string) => `${name}: ${className}, ${percent}`,
  stripFailed: (name: string) => `${name}: no answer`,
  later: 'Webcam and whole folders to a table come in a later version.',
  open: {
    open: 'Open a saved model',
    opening: 'Reading the model…',
    hint: 'A .keras or .h5 file, or a ZIP of TensorFlow.js or Teachable Machine. A list of its classes can be chosen with it.',
    opened: (name: string, n: number) =>
      `“${name}” is open. It knows ${format.integer(n)} ${format.plural(n, { one: 'class', other: 'classes' })}.`,
    openedUnnamed: (name: string, n: number) =>
      `“${name}” is open. Nothing says what its ${format.integer(n)} classes are called: they are numbered. Choose labels.json or labels.txt together with the model to name them.`,
  },
  next: 'Take the model away',
};
