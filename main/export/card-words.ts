import type { Parity } from '../../contract/model.ts';
import type { Recipe, Share } from '../../contract/run.ts';
import { plainText } from './markdown.ts';

/** 0.985 as "98.5 %". */
export const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;
/** 1234567 as "1,234,567". */
export const whole = (value: number): string => value.toLocaleString('en');

/** "97.0 % (194 of 200; 95 % interval 93.6 to 98.6 %)" */
export function shareWords({ accuracy, low, high, numCorrect, numImages }: Share): string {
  return `${percent(accuracy)} (${whole(numCorrect)} of ${whole(numImages)}; 95 % interval ${(low * 100).toFixed(1)} to ${percent(high)})`;
}

/** "32 of 32 pictures answered the same; largest difference of a probability 0.000003" */
export function certificateWords({ numImages, numChangedLabels, maxAbsoluteDifference: largest }: Parity): string {
  const difference = largest === 0 ? '0' : largest.toFixed(20).replace(/^(0\.0*[1-9]).*$/, '$1');
  return `${numImages - numChangedLabels} of ${numImages} pictures answered the same; largest difference of a probability ${difference}`;
}

/** Which layers of the backbone learned, in a sentence or two. */
export function freezingWords(recipes: readonly Recipe[], hasEarlierRun: boolean): string {
  const isContinued = recipes.length > 1 || hasEarlierRun;
  return `${trainedWords(recipes.at(-1)!)}${isContinued ? ' It began with what an earlier run had learned.' : ''}`;
}

function trainedWords({ trainable }: Recipe): string {
  if (trainable === 'none') return 'The whole backbone was frozen; only the head was trained.';
  if (trainable === 'all') return 'The head was trained first, then the whole backbone with it.';
  if ('from' in trainable)
    return `The head was trained first, then with it every layer of the backbone from ${plainText(trainable.from)} on; those before stayed frozen.`;
  const names = trainable.layers.map(plainText);
  const shown = names.slice(0, 12).join(', ') + (names.length > 12 ? ` and ${names.length - 12} more` : '');
  return `The head was trained first, then with it ${whole(names.length)} layers of the backbone (${shown}); the others stayed frozen.`;
}

/** Which head, in a few words. */
export function headWords({ kind, denseUnits, dropout }: Recipe['head']): string {
  const parts = [
    kind === 'gap' ? 'global average pooling' : 'Flatten',
    ...(denseUnits === null ? [] : [`a dense layer of ${whole(denseUnits)} with ReLU`]),
    ...(dropout === 0 ? [] : [`dropout ${dropout}`]),
    'softmax',
  ];
  return parts.join(', ');
}

const optimizers = { adam: 'Adam', adamw: 'AdamW', rmsprop: 'RMSprop', sgd: 'SGD' } as const;

/** The recipe as a list of sentences, only what differs from doing nothing. */
export function recipeWords(recipe: Recipe): string[] {
  const { schedule, augmentation, classWeights, earlyStopping, fineTune } = recipe;
  const optimizer = `${optimizers[recipe.optimizer]}${recipe.optimizer === 'sgd' && recipe.momentum > 0 ? ` with momentum ${recipe.momentum}` : ''}`;
  const step = (epochs: number, rate: number): string =>
    `up to ${whole(epochs)} epochs, ${optimizer}, learning rate ${rate}, batches of ${whole(recipe.batchSize)}`;
  return [
    `Head: ${step(recipe.epochs, recipe.learningRate)}.`,
    ...(recipe.trainable === 'none' ? [] : [`Fine-tuning: ${step(fineTune.epochs, fineTune.learningRate)}.`]),
    ...(schedule.kind === 'cosine' ? ['The learning rate falls along a cosine.'] : []),
    ...(schedule.kind === 'step'
      ? [`The learning rate is multiplied by ${schedule.factor} every ${schedule.everyEpochs} epochs.`]
      : []),
    ...(recipe.warmUpEpochs > 0 ? [`It rises from zero over ${recipe.warmUpEpochs} epochs.`] : []),
    ...(recipe.weightDecay > 0 ? [`Weight decay ${recipe.weightDecay}.`] : []),
    ...(recipe.labelSmoothing > 0 ? [`Label smoothing ${recipe.labelSmoothing}.`] : []),
    ...(recipe.accumulateBatches > 1 ? [`Gradients of ${recipe.accumulateBatches} batches make a step.`] : []),
    augmentation.strength === 'none'
      ? 'No augmentation.'
      : `Augmentation ${typeof augmentation.strength === 'string' ? augmentation.strength : 'by own numbers'}, ${augmentation.numViews} views of each picture.`,
    ...(classWeights === 'none'
      ? []
      : [
          classWeights === 'balanced'
            ? 'Classes weigh alike, however many pictures they have.'
            : 'Classes have weights of their own.',
        ]),
    ...(earlyStopping
      ? [`It stops after ${earlyStopping.patience} epochs without a lower validation loss and keeps the best weights.`]
      : []),
    `Seed ${recipe.seed}.`,
  ];
}
