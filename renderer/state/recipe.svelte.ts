import { RecipeInput, type HeadKind, type Recipe } from '../../contract/run.ts';

/** The recipe of the next run as the controls on screen hold it. Defaults are the contract's. */
export class RecipeState {
  backboneId = $state('');
  inputSize = $state<number | null>(null);
  head = $state<HeadKind>('gap');
  denseUnits = $state<number | null>(null);
  dropout = $state(0);
  epochs = $state(0);
  batchSize = $state(0);
  optimizer = $state<Recipe['optimizer']>('adam');
  learningRate = $state(0);
  seed = $state(0);
  validationFraction = $state<number | null>(null);
  testFraction = $state<number | null>(null);
  earlyStopping = $state.raw<Recipe['earlyStopping']>(null);
  classWeights = $state.raw<Recipe['classWeights']>('none');
  /** Layers of the backbone that train after the head. */
  trainable = $state.raw<Recipe['trainable']>('none');
  fineTuneEpochs = $state(0);
  fineTuneLearningRate = $state(0);
  momentum = $state(0);
  weightDecay = $state(0);
  labelSmoothing = $state(0);
  schedule = $state.raw<Recipe['schedule']>({ kind: 'constant' });
  warmUpEpochs = $state(0);
  accumulateBatches = $state(1);
  augmentation = $state.raw<Recipe['augmentation']>({ strength: 'none', numViews: 4 });

  constructor() {
    this.take(RecipeInput.parse({}));
  }

  /** Fills the controls from a recipe: the defaults, or those of an earlier run. */
  take(recipe: Recipe): void {
    this.backboneId = recipe.backbone;
    this.inputSize = recipe.inputSize;
    this.head = recipe.head.kind;
    this.denseUnits = recipe.head.denseUnits;
    this.dropout = recipe.head.dropout;
    this.epochs = recipe.epochs;
    this.batchSize = recipe.batchSize;
    this.optimizer = recipe.optimizer;
    this.learningRate = recipe.learningRate;
    this.seed = recipe.seed;
    this.validationFraction = recipe.validationFraction;
    this.testFraction = recipe.testFraction;
    this.earlyStopping = recipe.earlyStopping;
    this.classWeights = recipe.classWeights;
    this.trainable = recipe.trainable;
    this.fineTuneEpochs = recipe.fineTune.epochs;
    this.fineTuneLearningRate = recipe.fineTune.learningRate;
    this.momentum = recipe.momentum;
    this.weightDecay = recipe.weightDecay;
    this.labelSmoothing = recipe.labelSmoothing;
    this.schedule = recipe.schedule;
    this.warmUpEpochs = recipe.warmUpEpochs;
    this.accumulateBatches = recipe.accumulateBatches;
    this.augmentation = recipe.augmentation;
  }

  /** The recipe to send with `run.start`. The contract checks it. */
  toInput(): RecipeInput {
    return {
      backbone: this.backboneId,
      inputSize: this.inputSize,
      head: { kind: this.head, denseUnits: this.denseUnits, dropout: this.dropout },
      epochs: this.epochs,
      batchSize: this.batchSize,
      optimizer: this.optimizer,
      learningRate: this.learningRate,
      seed: this.seed,
      validationFraction: this.validationFraction,
      testFraction: this.testFraction,
      earlyStopping: this.earlyStopping,
      classWeights: this.classWeights,
      trainable: this.trainable,
      fineTune: { epochs: this.fineTuneEpochs, learningRate: this.fineTuneLearningRate },
      momentum: this.momentum,
      weightDecay: this.weightDecay,
      labelSmoothing: this.labelSmoothing,
      schedule: this.schedule,
      warmUpEpochs: this.warmUpEpochs,
      accumulateBatches: this.accumulateBatches,
      augmentation: this.augmentation,
    };
  }
}
