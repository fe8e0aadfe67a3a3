import type { RunSnapshot } from '../../../contract/run.ts';
import type { Words } from '../../../strings/index.ts';
import type { RecipeState } from '../../state/recipe.svelte.ts';
import { controlsFor, type Diagnosis } from './diagnosis.ts';

/** A diagnosis as people read it. */
export function diagnosisText(diagnosis: Diagnosis, isOver: boolean, words: Words): { name: string; text: string } {
  const { format } = words;
  const text = words.train.diagnosis;
  switch (diagnosis.kind) {
    case 'too-early':
      return isOver ? text['too-few'] : text['too-early'];
    case 'diverged':
      return {
        name: text.diverged.name,
        text: text.diverged.text(diagnosis.epoch, format.small(diagnosis.learningRate)),
      };
    case 'rate-too-high': {
      const { name, text: say } = text['rate-too-high'];
      return { name, text: say(format.small(diagnosis.learningRate), diagnosis.numRises, diagnosis.numSteps) };
    }
    case 'rate-too-low': {
      const { name, text: say } = text['rate-too-low'];
      return { name, text: say(format.small(diagnosis.learningRate), format.percent(diagnosis.lossDrop)) };
    }
    case 'class-collapse': {
      const { name, text: say } = text['class-collapse'];
      return { name, text: say(diagnosis.className, format.percent(diagnosis.fraction, 0)) };
    }
    case 'overfitting': {
      const { name, rising, apart } = text.overfitting;
      return { name, text: diagnosis.isRising ? rising(diagnosis.sinceEpoch) : apart(format.points(diagnosis.gap)) };
    }
    case 'not-learning':
      return { name: text['not-learning'].name, text: text['not-learning'].text(format.percent(diagnosis.accuracy)) };
    case 'still-improving':
      return {
        name: text['still-improving'].name,
        text: text['still-improving'].text(format.percent(diagnosis.lossDrop, 0)),
      };
    case 'learning-well': {
      const { name, together, text: say } = text['learning-well'];
      return {
        name,
        text: Math.abs(diagnosis.gap) < 0.01 ? together : say(format.points(Math.abs(diagnosis.gap)).replace('+', '')),
      };
    }
  }
}

/** One change that may mend what the diagnosis names. */
export interface Remedy {
  label: string;
  /** Changes the recipe of the next run; null: it is mended on the Data screen. */
  apply: ((recipe: RecipeState) => void) | null;
}

const slower = (rate: number): number => Number((rate / 10).toPrecision(6));
const faster = (rate: number): number => Number(Math.min(1, rate * 10).toPrecision(6));

/** The changes for a diagnosis, the likeliest first. */
export function remediesFor(diagnosis: Diagnosis, run: RunSnapshot, words: Words): Remedy[] {
  const text = words.train.controls;
  const { recipe } = run;
  const rate =
    diagnosis.kind === 'rate-too-low' || diagnosis.kind === 'not-learning'
      ? faster(recipe.learningRate)
      : slower(recipe.learningRate);
  return controlsFor(diagnosis).flatMap((control): Remedy[] => {
    switch (control) {
      case 'learningRate':
        return [{ label: text.tenfoldLess(words.format.small(rate)), apply: (next) => (next.learningRate = rate) }];
      case 'epochs':
        return [epochsRemedy(diagnosis, run, words)];
      case 'head':
        return [{ label: text.gap, apply: (next) => (next.head = 'gap') }];
      case 'regularisation':
        if (recipe.head.dropout > 0.6) return [];
        return [{ label: text.dropout('0.5'), apply: (next) => (next.dropout = 0.5) }];
      case 'classWeights':
        return [{ label: text.classWeights, apply: (next) => (next.classWeights = 'balanced') }];
      case 'data':
        return [{ label: text.data, apply: null }];
    }
  });
}

function epochsRemedy(diagnosis: Diagnosis, { recipe }: RunSnapshot, words: Words): Remedy {
  const text = words.train.controls;
  if (diagnosis.kind === 'overfitting') {
    if (recipe.earlyStopping === null) {
      return { label: text.earlyStopping, apply: (next) => (next.earlyStopping = { patience: 3, minDelta: 0 }) };
    }
    const fewer = Math.max(1, diagnosis.sinceEpoch);
    return { label: text.fewerEpochs(fewer), apply: (next) => (next.epochs = fewer) };
  }
  const more = Math.min(1000, recipe.epochs * 2);
  return { label: text.moreEpochs(more), apply: (next) => (next.epochs = more) };
}
