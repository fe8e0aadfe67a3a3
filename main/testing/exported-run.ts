import { Recipe, type RecipeInput } from '../../contract/run.ts';
import { findBackbone } from '../backbones/registry.ts';
import type { ExportedRun } from '../export/format.ts';
import { exampleRunFacts } from './run-facts.ts';

/** A run as exports know it, of a recipe. Its pictures are named, not there. */
export function exportedRun(recipe: RecipeInput = {}, facts: Partial<ExportedRun> = {}): ExportedRun {
  const parsed = Recipe.parse(recipe);
  const notHere = () => Promise.reject(new Error('this run has no pictures and no weights'));
  return {
    backbone: findBackbone(parsed.backbone),
    isImported: false,
    madeOn: '2026-01-31',
    head: parsed.head,
    importedWeights: null,
    recipes: [parsed],
    earlierData: 'same',
    missingParentRunId: null,
    result: null,
    training: exampleRunFacts(['zebra', 'ant', 'ночь']),
    images: [
      { path: 'train/zebra/1.jpg', className: 'zebra', split: 'train' },
      { path: 'validation/zebra/2.jpg', className: 'zebra', split: 'validation' },
    ],
    decode: notHere,
    openAnswers: notHere,
    loadPretrained: notHere,
    ...facts,
  };
}
