import type { AppState, ScreenName } from '../state/app.svelte.ts';
import { runFraction } from './job.ts';

/** What the rail says of a step: one live fact and how far it is. */
export interface Step {
  fact: string;
  mark: 'done' | 'attention' | 'open';
}

/** The live fact and the mark of every step. */
export function stepsOf(app: AppState): Record<ScreenName, Step> {
  return {
    data: dataStep(app),
    model: modelStep(app),
    train: trainStep(app),
    compare: compareStep(app),
    understand: { fact: '', mark: 'open' },
    use: useStep(app),
    export: exportStep(app),
  };
}

function dataStep(app: AppState): Step {
  const { facts } = app.words.frame;
  const { current, upload, blocking } = app.datasets;
  const progress = upload === null ? (current?.progress ?? null) : { done: upload.numDone, total: upload.numFiles };
  if (progress !== null && progress.total > 0 && (upload !== null || current?.phase !== 'ready')) {
    return { fact: facts.reading(app.words.format.percent(progress.done / progress.total, 0)), mark: 'open' };
  }
  if (current === null) return { fact: facts.noData, mark: 'open' };
  if (current.phase === 'failed' || current.phase === 'missing') return { fact: facts.failed, mark: 'attention' };
  const mark = current.phase !== 'ready' ? 'open' : blocking === null ? 'done' : 'attention';
  return { fact: facts.dataset(current.numImages, current.numClasses), mark };
}

function modelStep(app: AppState): Step {
  const { facts, heads } = app.words.frame;
  const backbone = app.backbones.find(app.recipe.backboneId);
  const isMissing = backbone?.weights.state === 'missing';
  const fact = facts.model(backbone?.name ?? app.recipe.backboneId, heads[app.recipe.head]);
  return { fact, mark: isMissing ? 'attention' : app.runs.list.length > 0 ? 'done' : 'open' };
}

function trainStep(app: AppState): Step {
  const { facts } = app.words.frame;
  const { running, current } = app.runs;
  if (running !== null) {
    return { fact: facts.training(app.words.format.percent(runFraction(running) ?? 0, 0)), mark: 'open' };
  }
  if (current === null) return { fact: facts.noRun, mark: 'open' };
  if (current.phase === 'failed') return { fact: facts.trainFailed, mark: 'attention' };
  if (current.imported !== null) return { fact: facts.imported, mark: 'done' };
  const share = current.result?.test ?? current.result?.validation ?? null;
  if (current.phase === 'stopped' || share === null) return { fact: facts.stopped, mark: 'attention' };
  return { fact: facts.trained(app.words.format.percent(share.accuracy), current.epochs.length), mark: 'done' };
}

function compareStep(app: AppState): Step {
  const { facts } = app.words.frame;
  const finished = app.runs.list.filter((run) => run.phase === 'finished' && run.datasetId !== null);
  const isPair = finished.some((run) => run.comparisonId !== null);
  if (isPair) return { fact: facts.compareHeads, mark: 'done' };
  return { fact: finished.length > 0 ? facts.compare(finished.length) : '', mark: 'open' };
}

function useStep(app: AppState): Step {
  const numAsked = app.use.pictures.length;
  return numAsked === 0 ? { fact: '', mark: 'open' } : { fact: app.words.frame.facts.use(numAsked), mark: 'done' };
}

function exportStep(app: AppState): Step {
  const names = app.exports.finished(app.runs.currentId).map((format) => app.words.exporting.formats[format].name);
  return { fact: app.words.format.list(names), mark: names.length > 0 ? 'done' : 'open' };
}
