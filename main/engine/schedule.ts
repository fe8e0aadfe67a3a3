import type { Recipe } from '../../contract/run.ts';

/**
 * The learning rate of a step by a recipe's schedule. Each phase has its own course, from the start.
 *
 * @param base the phase's learning rate
 * @param at epochs done once the step is, in fractions, and of how many
 */
export function learningRateAt(
  { schedule, warmUpEpochs }: Pick<Recipe, 'schedule' | 'warmUpEpochs'>,
  base: number,
  { epoch, numEpochs }: { epoch: number; numEpochs: number },
): number {
  if (epoch < warmUpEpochs) return (base * epoch) / warmUpEpochs;
  switch (schedule.kind) {
    case 'constant':
      return base;
    case 'step':
      // The last step of an epoch still belongs to it.
      return base * schedule.factor ** Math.floor((Math.ceil(epoch) - 1) / schedule.everyEpochs);
    case 'cosine': {
      const course = Math.max(1e-9, numEpochs - warmUpEpochs);
      return (base * (1 + Math.cos(Math.PI * Math.min(1, (epoch - warmUpEpochs) / course)))) / 2;
    }
  }
}
