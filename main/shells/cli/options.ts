import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { GraftError } from '../../../contract/errors.ts';
import { Recipe, type RecipeInput, type Trainable } from '../../../contract/run.ts';
import { userPath } from './session.ts';

/** A whole number, or exit 2. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A number, or exit 2. */
export function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

export interface RecipeFlags {
  backbone?: string;
  head?: 'gap' | 'flatten';
  dense?: number;
  dropout?: number;
  trainable?: string;
  fineTuneEpochs?: number;
  fineTuneLearningRate?: number;
  inputSize?: number;
  epochs?: number;
  batchSize?: number;
  optimizer?: 'adam' | 'adamw' | 'rmsprop' | 'sgd';
  learningRate?: number;
  augment?: 'none' | 'light' | 'strong';
  validationFraction?: number;
  testFraction?: number;
  seed?: number;
  recipe?: string;
}

/** Adds the options that make a recipe. */
export function withRecipeOptions(command: Command): Command {
  return command
    .option('--backbone <id>', 'pretrained backbone (see `graft backbones`)')
    .option('--dense <units>', 'a ReLU layer of so many units before the softmax', wholeNumber)
    .option('--dropout <fraction>', 'fraction dropped before the softmax', anyNumber)
    .option('--trainable <none|all|FROM_LAYER>', 'layers of the backbone to train after the head (default: none)')
    .option('--fine-tune-epochs <n>', 'passes that train them (default: 10)', wholeNumber)
    .option('--fine-tune-learning-rate <x>', 'default: 0.00001', anyNumber)
    .option('--input-size <pixels>', 'side of the input; default: the backbone’s own', wholeNumber)
    .option('--epochs <n>', 'passes over the training pictures (default: 10)', wholeNumber)
    .option('--batch-size <n>', 'pictures a step (default: 32)', wholeNumber)
    .addOption(new Option('--optimizer <name>', 'default: adam').choices(['adam', 'adamw', 'rmsprop', 'sgd']))
    .option('--learning-rate <x>', 'default: 0.001', anyNumber)
    .addOption(new Option('--augment <strength>', 'default: none').choices(['none', 'light', 'strong']))
    .option('--validation-fraction <x>', 'where the folders give no split (default: 0.2)', anyNumber)
    .option('--test-fraction <x>', 'where the folders give no split (default: 0.2)', anyNumber)
    .option('--seed <n>', 'same seed, same curve (default: 1)', wholeNumber)
    .option('--recipe <file>', 'a recipe.json; options here override it');
}

/** Layers by the words of the command line: all, none, or from a layer on. */
export function trainableOf(words: string): Trainable {
  return words === 'none' || words === 'all' ? words : { from: words };
}

/** The recipe that the flags describe. @throws recipe-not-readable */
export async function recipeOf(flags: RecipeFlags): Promise<RecipeInput> {
  const base = flags.recipe === undefined ? Recipe.parse({}) : await readRecipe(userPath(flags.recipe));
  const given = <T>(value: T | undefined, otherwise: T): T => (value === undefined ? otherwise : value);
  return {
    ...base,
    backbone: given(flags.backbone, base.backbone),
    inputSize: given(flags.inputSize, base.inputSize),
    head: {
      kind: given(flags.head, base.head.kind),
      denseUnits: given(flags.dense, base.head.denseUnits),
      dropout: given(flags.dropout, base.head.dropout),
    },
    epochs: given(flags.epochs, base.epochs),
    batchSize: given(flags.batchSize, base.batchSize),
    optimizer: given(flags.optimizer, base.optimizer),
    learningRate: given(flags.learningRate, base.learningRate),
    validationFraction: given(flags.validationFraction, base.validationFraction),
    testFraction: given(flags.testFraction, base.testFraction),
    seed: given(flags.seed, base.seed),
    trainable: flags.trainable === undefined ? base.trainable : trainableOf(flags.trainable),
    fineTune: {
      epochs: given(flags.fineTuneEpochs, base.fineTune.epochs),
      learningRate: given(flags.fineTuneLearningRate, base.fineTune.learningRate),
    },
    augmentation: { ...base.augmentation, strength: given(flags.augment, base.augmentation.strength) },
  };
}

async function readRecipe(file: string): Promise<Recipe> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new GraftError('path-not-found', { path: file }, { cause });
  });
  try {
    return Recipe.parse(JSON.parse(text));
  } catch (cause) {
    const issue = (cause as { issues?: { path: unknown[]; message: string }[] }).issues?.[0];
    throw new GraftError(
      'recipe-not-readable',
      {
        path: file,
        problem: issue ? `${issue.path.join('.') || 'recipe'}: ${issue.message}` : (cause as Error).message,
      },
      { cause },
    );
  }
}
