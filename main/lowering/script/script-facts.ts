import type { AugmentationStrength, Recipe, Share, Trainable } from '../../../contract/run.ts';
import type { KerasApplication } from './applications.ts';

/** One training of the script: the head alone, or then layers of the backbone too. */
export interface ScriptPhase {
  name: 'head' | 'fine-tune';
  epochs: number;
  learningRate: number;
  /** Layers of the backbone that train. */
  trainable: Trainable;
}

/** Everything that the script says. */
export interface ScriptFacts {
  graftVersion: string;
  backbone: {
    name: string;
    licence: string;
    paper: string;
    /** Keras's name for the file of its weights. */
    officialFile: string | null;
    /** SHA-256 of the file that the run's weights came from where that is another; null: Keras's own. */
    importedWeights: string | null;
  };
  /** What builds the backbone; a file name where it lies beside the script, preprocessing inside. */
  source: KerasApplication | { file: string };
  /** [height, width] in pixels. */
  inputSize: readonly [number, number];
  classNames: readonly string[];
  /** What all phases share. */
  recipe: Recipe;
  phases: readonly ScriptPhase[];
  /** Null: none. */
  augmentation: AugmentationStrength | null;
  /** What Graft's run reached. */
  validation: Share | null;
  test: Share | null;
  hasTest: boolean;
  /** Folder beside the script with pictures that are in no folder of the user's; null: none. */
  addedFolder: string | null;
}

/** The phases that recipes lead to: each recipe after the first begins with what the one before has learnt. */
export function scriptPhases(recipes: readonly Recipe[]): ScriptPhase[] {
  return recipes.flatMap((recipe, index): ScriptPhase[] => [
    ...(index === 0
      ? [
          {
            name: 'head' as const,
            epochs: recipe.epochs,
            learningRate: recipe.learningRate,
            trainable: 'none' as const,
          },
        ]
      : []),
    ...(recipe.trainable === 'none'
      ? []
      : [{ name: 'fine-tune' as const, ...recipe.fineTune, trainable: recipe.trainable }]),
  ]);
}
