import type { Input } from '../../../contract/contract.ts';
import type { RecipeInput } from '../../../contract/run.ts';

/** What of a recipe a range test depends on: the rest may change, and be half typed, without asking again. */
export function rateQuestion(datasetId: string, recipe: RecipeInput): Input<'run.findLearningRate'> {
  const {
    learningRate: _rate,
    epochs: _epochs,
    schedule: _schedule,
    warmUpEpochs: _warmUp,
    earlyStopping: _stopping,
    augmentation: _views,
    trainable: _trainable,
    fineTune: _fineTune,
    ...read
  } = recipe;
  return { datasetId, recipe: read };
}
