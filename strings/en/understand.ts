import { formatsFor } from '../format.ts';

const format = formatsFor('en');

/** Words of the Understand screen. */
export const understand = {
  title: 'Understand',
  lead: 'What the model gets right, and what it takes for what.',
  of: (run: string, backbone: string) => `${run} · ${backbone}`,
  emptyTitle: 'Nothing to understand yet',
  emptyText: 'When a run has finished, its mistakes are counted here, class by class.',
  emptyAction: 'Go to Train',
  matrix: 'Confusion matrix',
  caption: (numImages: number, split: 'validation' | 'test') =>
    `Rows are the true classes, columns what the model said, over ${format.integer(numImages)} ${split} ${format.plural(numImages, { one: 'picture', other: 'pictures' })}.`,
  truth: 'true class',
  predicted: 'the model said',
  found: 'found',
  right: (className: string, n: number) => `${format.integer(n)} of ${className} were recognised`,
  wrong: (truth: string, said: string, n: number) => `${format.integer(n)} of ${truth} were taken for ${said}`,
  summary: (correct: number, total: number) => `${format.integer(correct)} of ${format.integer(total)} right`,
  worst: (truth: string, said: string, n: number) =>
    `The most frequent mistake: ${truth} taken for ${said}, ${format.integer(n)} ${format.plural(n, { one: 'time', other: 'times' })}.`,
  noMistake: 'No mistakes on these pictures. That can be chance: look at how many there are.',
  noMatrix: 'This run has no confusion matrix: it ended before it was evaluated.',
  measure: {
    title: 'Not measured yet',
    text: 'This model came without pictures. Measure it on a data set with the same classes.',
    start: (dataset: string) => `Measure on “${dataset}”`,
    busy: 'Measuring…',
    toData: 'Open a data set',
  },
  later:
    'In a later version: the pictures behind each cell, the most wrong ones, heat maps, and relabelling from here.',
  next: 'Use the model',
};
