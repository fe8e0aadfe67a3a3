import type { Recipe, Schedule } from '../../../contract/run.ts';
import { pyCall, pyFloat } from './python.ts';
import type { ScriptFacts } from './script-facts.ts';

/** Optimizer, schedule, log and the training of one phase. */
export function trainingCode({ recipe }: ScriptFacts): string[] {
  return [
    ...(changesRate(recipe) ? [learningRate(recipe)] : []),
    epochLog,
    ...(recipe.classWeights === 'balanced' ? [balancedWeights] : []),
    train(recipe),
  ];
}

const changesRate = ({ schedule, warmUpEpochs }: Recipe): boolean => schedule.kind !== 'constant' || warmUpEpochs > 0;

const epochLog = `class EpochLog(keras.callbacks.Callback):
    """Adds a line to metrics.csv after every epoch."""

    def __init__(self, file, phase):
        super().__init__()
        self.file = file
        self.phase = phase

    def on_epoch_end(self, epoch, logs=None):
        is_new = not self.file.exists()
        names = ["loss", "accuracy", "val_loss", "val_accuracy"]
        with open(self.file, "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(["phase", "epoch", *names])
            writer.writerow([self.phase, epoch + 1, *(logs[name] for name in names)])`;

const balancedWeights = `def class_weights(labels):
    """Weighs a class by how rare it is: pictures / (classes * pictures of the class)."""
    counts = np.bincount(labels, minlength=len(CLASS_NAMES))
    return {
        label: len(labels) / (len(CLASS_NAMES) * max(1, int(count)))
        for label, count in enumerate(counts)
    }`;

function learningRate({ schedule, warmUpEpochs }: Recipe): string {
  const rate = [
    ...(warmUpEpochs > 0
      ? [`if done < ${pyFloat(warmUpEpochs)}:`, `    return self.base * done / ${pyFloat(warmUpEpochs)}`]
      : []),
    ...courseOf(schedule, warmUpEpochs),
  ];
  const words = [
    ...(warmUpEpochs > 0 ? [`rises over ${warmUpEpochs} epoch${warmUpEpochs === 1 ? '' : 's'}`] : []),
    { constant: 'stays', step: 'falls in steps', cosine: 'falls along half a cosine' }[schedule.kind],
  ];
  return `class LearningRate(keras.callbacks.Callback):
    """Sets the rate before every step: it ${words.join(', then ')}."""

    def __init__(self, base, epochs):
        super().__init__()
        self.base = base
        self.epochs = epochs
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        done = self.epoch + (batch + 1) / self.params["steps"]
        self.model.optimizer.learning_rate = self.rate_at(done)

    def rate_at(self, done):
        """Gives the rate of the step after which so many epochs are done, in fractions."""
${rate.map((line) => `        ${line}`).join('\n')}`;
}

function courseOf(schedule: Schedule, warmUpEpochs: number): string[] {
  switch (schedule.kind) {
    case 'constant':
      return ['return self.base'];
    case 'step':
      return [
        '# The last step of an epoch still belongs to it.',
        `return self.base * ${pyFloat(schedule.factor)} ** ((math.ceil(done) - 1) // ${schedule.everyEpochs})`,
      ];
    case 'cosine': {
      const [from, length] =
        warmUpEpochs > 0
          ? [`(done - ${pyFloat(warmUpEpochs)})`, `max(1e-9, self.epochs - ${pyFloat(warmUpEpochs)})`]
          : ['done', 'self.epochs'];
      return [`share = min(1.0, ${from} / ${length})`, 'return self.base * (1 + math.cos(math.pi * share)) / 2'];
    }
  }
}

function train(recipe: Recipe): string {
  const { earlyStopping, labelSmoothing, classWeights } = recipe;
  const callbacks = [
    'EpochLog(out / "metrics.csv", phase)',
    ...(changesRate(recipe) ? ['LearningRate(learning_rate, epochs)'] : []),
  ];
  const loss =
    labelSmoothing > 0
      ? `keras.losses.CategoricalCrossentropy(label_smoothing=${pyFloat(labelSmoothing)})`
      : '"sparse_categorical_crossentropy"';
  const weights = { none: null, balanced: 'class_weights(train_pictures.labels)' };
  const weight = typeof classWeights === 'object' ? 'CLASS_WEIGHTS' : weights[classWeights];
  const lines = [
    'def train(model, phase, epochs, learning_rate, train_pictures, validation_pictures, out):',
    '    """Trains what is not frozen, with a new optimizer."""',
    ...optimizer(recipe),
    `    loss = ${loss}`,
    '    model.compile(optimizer, loss, metrics=["accuracy"])',
    `    callbacks = [${callbacks.join(', ')}]`,
    ...(earlyStopping
      ? [
          '    # Stops when the validation loss has not fallen for a while, and goes back to the best.',
          '    stopping = keras.callbacks.EarlyStopping(',
          '        monitor="val_loss",',
          `        min_delta=${pyFloat(earlyStopping.minDelta)},`,
          `        patience=${earlyStopping.patience},`,
          '        restore_best_weights=True,',
          '    )',
          '    callbacks.append(stopping)',
        ]
      : []),
    '    model.fit(',
    '        train_pictures,',
    '        validation_data=validation_pictures,',
    '        epochs=epochs,',
    ...(weight ? [`        class_weight=${weight},`] : []),
    '        callbacks=callbacks,',
    '        shuffle=False,  # the pictures are shuffled one by one, not batch by batch',
    '        verbose=2,',
    '    )',
  ];
  return lines.join('\n');
}

const classNameOf = { adam: 'Adam', adamw: 'AdamW', rmsprop: 'RMSprop', sgd: 'SGD' };

function optimizer({ optimizer: kind, momentum, weightDecay, accumulateBatches }: Recipe): string[] {
  const args = [
    'learning_rate',
    ...(kind === 'sgd' && momentum > 0 ? [`momentum=${pyFloat(momentum)}`] : []),
    ...(weightDecay > 0 || kind === 'adamw' ? [`weight_decay=${pyFloat(weightDecay)}`] : []),
    ...(accumulateBatches > 1 ? [`gradient_accumulation_steps=${accumulateBatches}`] : []),
  ];
  return [
    ...(accumulateBatches > 1
      ? [
          `    # Gradients of ${accumulateBatches} batches make a step. Graft also steps at the end of an epoch, Keras`,
          '    # takes what is left over into the next one.',
        ]
      : []),
    pyCall('    optimizer = ', `keras.optimizers.${classNameOf[kind]}`, args),
    ...(weightDecay > 0
      ? [
          '    # Only kernels decay: biases and normalisations keep theirs.',
          '    others = [v for v in model.trainable_variables if not v.name.endswith("kernel")]',
          '    optimizer.exclude_from_weight_decay(var_list=others)',
        ]
      : []),
  ];
}
