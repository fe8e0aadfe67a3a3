import type { Recipe } from '../../contract/run.ts';
import { featureShapeAt } from '../backbones/feature-shape.ts';
import type { BackboneSpec } from '../backbones/spec.ts';
import { verifyWeights } from '../backbones/weights.ts';
import { findCut, type Cut } from './cut.ts';
import { CACHE_LIMIT_BYTES } from './feature-cache.ts';
import type { KeptLayer, SpacesOf } from './feature-spaces.ts';
import type { HeadWeights } from './head.ts';
import { layerGraphOf, trainableLayers, type LayerGraph } from './layer-graph.ts';
import { requireWeights } from './run-backbone.ts';
import { readRunModel } from './run-model.ts';
import { effectiveSha256, type TunedWeights } from './tuned-weights.ts';

/** Which layers train, and what is kept of the rest. */
export interface FreezingPlan {
  graph: LayerGraph;
  trainable: ReadonlySet<string>;
  cut: Cut;
  kept: KeptLayer[];
}

/** What a recipe comes to, worked out before anything is computed. */
export interface RunPlan {
  spec: BackboneSpec;
  inputSize: readonly [number, number];
  featureShape: readonly [number, number, number];
  /** Of the backbone's own weights. */
  baseSha256: string;
  /** Weights to begin with; null: the backbone's own and a fresh head. */
  start: { head: HeadWeights; tuned: TunedWeights | null } | null;
  /** Null: only the head trains. */
  freezing: FreezingPlan | null;
}

/** Works out which layers train and where the cut is. Loads TensorFlow.js. @throws layer-not-found, nothing-to-train */
export async function planFreezing(
  spec: BackboneSpec,
  inputSize: readonly [number, number],
  trainable: Recipe['trainable'],
): Promise<FreezingPlan> {
  const model = await spec.build(inputSize);
  try {
    return freezingOf(layerGraphOf(model), trainable, spec.id);
  } finally {
    model.dispose();
  }
}

/** The same from a graph that is there already. */
export function freezingOf(graph: LayerGraph, trainable: Recipe['trainable'], backboneId: string): FreezingPlan {
  const names = trainableLayers(graph, trainable, backboneId);
  const cut = findCut(graph, names);
  const shapes = new Map(graph.map((layer) => [layer.name, layer.outputShape]));
  return {
    graph,
    trainable: names,
    cut,
    kept: cut.kept.map((layer) => ({ layer, outputShape: shapes.get(layer)! })),
  };
}

/** @param parent the run whose weights it begins with. @throws weights-missing, weights-damaged, run-not-finished, run-damaged, layer-not-found, nothing-to-train */
export async function planRun(
  spec: BackboneSpec,
  inputSize: readonly [number, number],
  recipe: Recipe,
  parent: { runId: string; folder: string } | null,
  places: { home: string; assets: string },
): Promise<RunPlan> {
  const { sha256: baseSha256 } = await verifyWeights(spec, places);
  const model = parent && (await readRunModel(parent.folder, parent.runId));
  if (model) requireWeights({ spec, baseSha256 }, model.model.weightsSha256);
  return {
    spec,
    inputSize,
    featureShape: featureShapeAt(spec, inputSize),
    baseSha256,
    start: model && { head: model.weights, tuned: model.tuned },
    freezing: recipe.trainable === 'none' ? null : await planFreezing(spec, inputSize, recipe.trainable),
  };
}

/** What was tuned, if any of it lies below the cut: then it is part of what the kept features are computed from. */
export function tunedBelowCut({ start, freezing }: RunPlan): TunedWeights | null {
  const tuned = start?.tuned ?? null;
  if (!tuned || !freezing) return tuned;
  const above = new Set(freezing.cut.above);
  const isBelow = [...tuned.tensors.keys()].some((name) => !above.has(name.slice(0, name.lastIndexOf('/'))));
  return isBelow ? tuned : null;
}

/** Bytes of the kept tensors of one picture. */
export const keptBytes = (kept: readonly KeptLayer[]): number =>
  kept.reduce((sum, { outputShape }) => sum + 4 * outputShape.reduce((a, b) => a * b, 1), 0);

/** Rows that a training keeps: of training pictures one a view, of the others one. */
export const numRowsOf = (numTrainImages: number, numOtherImages: number, numViews: number): number =>
  numTrainImages * numViews + numOtherImages;

/** Whether what lies at a cut fits into the cache; else it is computed anew for every batch. */
export const fitsCache = (kept: readonly KeptLayer[], numRows: number): boolean =>
  keptBytes(kept) * numRows <= cacheLimitBytes();

/** Bytes that the features of one training may take on disk. */
export function cacheLimitBytes(): number {
  const given = Number(process.env['GRAFT_CACHE_LIMIT']);
  return Number.isFinite(given) && given > 0 ? given : CACHE_LIMIT_BYTES;
}

/** The features that a run reads: those of the head's phase, unless it begins with a trained head, and those of the cut. */
export function spacesOf(plan: RunPlan, hasFlatten: boolean, keepsCut: boolean): SpacesOf {
  const hasHeadPhase = plan.start === null;
  return {
    spec: plan.spec,
    weightsSha256: effectiveSha256(plan.baseSha256, tunedBelowCut(plan)),
    inputSize: plan.inputSize,
    featureShape: plan.featureShape,
    pooled: hasHeadPhase,
    maps: hasHeadPhase && hasFlatten,
    layers: keepsCut ? (plan.freezing?.kept ?? []) : [],
  };
}
