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
  next: 'Take the model away',
};
