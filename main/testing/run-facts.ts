import { wilson } from '../engine/metrics.ts';
import type { RunFacts } from '../export/run-facts.ts';

/** A finished training as the card of an export tells it: two epochs, 12 pictures of each class, a mistake in ten. */
export function exampleRunFacts(classNames: readonly string[]): RunFacts {
  const confusion = classNames.map((_, row) => classNames.map((_name, column) => (row === column ? 9 : 0)));
  confusion[0]![classNames.length - 1]! += 1;
  const numCorrect = 9 * classNames.length;
  const part = { share: wilson(numCorrect, numCorrect + 1), confusion };
  return {
    classes: classNames.map((name) => ({ name, numImages: 32, train: 12, validation: 10, test: 10 })),
    epochs: [1, 2].map((epoch) => ({
      phase: 'head',
      epoch,
      loss: 1 / epoch,
      accuracy: 0.5 + epoch / 10,
      validationLoss: 1.2 / epoch,
      validationAccuracy: 0.4 + epoch / 10,
      durationMs: 1000,
    })),
    keptEpoch: 2,
    parameters: { trainable: 3843, frozen: 2_257_984, head: 3843 },
    validation: part,
    test: part,
  };
}
