import { fromWire } from '../../../../contract/errors.ts';
import { isHeadUntrained, MANY_TIMES_TOO_FAST } from '../../../../contract/fine-tune-advice.ts';
import type { EpochReport, HeadKind, RunSnapshot, Trainable } from '../../../../contract/run.ts';
import { wordsFor } from '../../../../strings/index.ts';
import { recipeOf, trainableOf, type RecipeFlags } from '../options.ts';
import { addData, type Session } from '../session.ts';
import { Interrupted, onInterrupt } from '../interrupt.ts';

/** Trains one run. */
export async function train(session: Session, data: string, flags: RecipeFlags): Promise<void> {
  const recipe = await recipeOf(flags);
  if ((recipe.trainable ?? 'none') !== 'none') warnOfRate(session, recipe.fineTune?.learningRate);
  const { datasetId } = await addData(session, data, true);
  const { runId } = await follow(
    session,
    async () => [(await session.client.call('run.start', { datasetId, recipe })).runId],
    1,
  ).then(([run]) => run!);
  session.out.event('done', await doneOf(session, runId), await summary(session, runId));
}

export interface FineTuneFlags {
  from?: string;
  epochs?: number;
  learningRate?: number;
  data?: string;
}

/** Trains layers of the backbone, beginning with a finished run; a new run. */
export async function fineTune(
  session: Session,
  parent: string,
  { from, epochs, learningRate, data }: FineTuneFlags,
): Promise<void> {
  const trainable = from === undefined ? await defaultTrainable(session, parent) : trainableOf(from);
  const before = await session.client.call('run.get', { runId: parent });
  warnOfRate(session, learningRate ?? before.recipe.fineTune.learningRate);
  if (isHeadUntrained(before)) session.out.note(wordsFor('en').train.fineTune.untrained);
  const on = data === undefined ? {} : { datasetId: (await addData(session, data, true)).datasetId };
  const input = { runId: parent, trainable, epochs, learningRate, ...on };
  const [run] = await follow(session, async () => [(await session.client.call('run.fineTune', input)).runId], 1);
  session.out.event(
    'done',
    { ...(await doneOf(session, run!.runId)), parentRunId: parent },
    await summary(session, run!.runId),
  );
}

function warnOfRate({ out }: Session, learningRate = 0): void {
  if (learningRate >= MANY_TIMES_TOO_FAST) out.note(wordsFor('en').train.fineTune.tooFast);
}

/** The layers that the run trained itself; where it trained only its head, the last block of the backbone. */
async function defaultTrainable({ client }: Session, runId: string): Promise<Trainable> {
  const { recipe } = await client.call('run.get', { runId });
  if (recipe.trainable !== 'none') return recipe.trainable;
  const { blocks } = await client.call('backbone.layers', { backboneId: recipe.backbone });
  const own = blocks.filter((block) => block.name !== 'top' && block.layers.some((layer) => layer.numTrainable > 0));
  return { from: own.at(-1)!.layers[0]!.name };
}

/** Goes on with a run that was stopped or killed. */
export async function resume(session: Session, runId: string): Promise<void> {
  const [run] = await follow(session, async () => [(await session.client.call('run.resume', { runId })).runId], 1);
  session.out.event('done', await doneOf(session, run!.runId), await summary(session, run!.runId));
}

/** Trains a run per head on the same features, split and seed. */
export async function compare(
  session: Session,
  data: string,
  flags: RecipeFlags & { heads: HeadKind[] },
): Promise<void> {
  const recipe = await recipeOf(flags);
  const { datasetId } = await addData(session, data, true);
  const runs = await follow(
    session,
    async () => (await session.client.call('run.compare', { datasetId, recipe, heads: flags.heads })).runIds,
    flags.heads.length,
  );
  const done = await Promise.all(runs.map(({ runId }) => doneOf(session, runId)));
  const { mcnemar, disagreements, split } = await session.client.call('run.contrast', {
    runIds: runs.map(({ runId }) => runId),
  });
  const texts = await Promise.all(runs.map(({ runId }) => summary(session, runId)));
  if (mcnemar)
    texts.push(
      `they disagree on ${disagreements.length} pictures of ${split}; McNemar p = ${mcnemar.pValue.toPrecision(2)}`,
    );
  session.out.event(
    'done',
    { runId: runs[0]!.runId, runs: done, mcnemar, numDisagreements: disagreements.length },
    texts.join('\n'),
  );
}

/** Starts runs and tells what happens until all have ended. @throws what a run failed with; Interrupted */
async function follow(session: Session, start: () => Promise<string[]>, numRuns: number): Promise<RunSnapshot[]> {
  const { client, out } = session;
  const ended = new Set<string>();
  const heads = new Map<string, HeadKind>();
  let allEnded!: () => void;
  const ending = new Promise<void>((resolve) => (allEnded = resolve));
  const stops = [
    client.on('run.started', (run) => {
      heads.set(run.runId, run.head);
      out.event(
        'started',
        { runId: run.runId, head: run.head, backbone: run.backboneId, number: run.number },
        `run ${run.number} (${run.runId}): ${run.backboneId}, ${run.head}`,
      );
    }),
    client.on('run.progress', ({ runId, progress }) => {
      out.bar.show(progress.step, progress.done, progress.total, progress.msLeft);
      if (out.isJson && progress.step === 'features') out.event('progress', { runId, ...progress });
    }),
    client.on('run.epoch', ({ runId, report }) =>
      out.event('epoch', { runId, head: heads.get(runId), ...report }, epochText(report)),
    ),
    client.on('run.ended', ({ runId }) => {
      ended.add(runId);
      if (ended.size === numRuns) allEnded();
    }),
  ];
  let runIds: string[] = [];
  let isInterrupted = false;
  const forget = onInterrupt(() => {
    isInterrupted = true;
    for (const runId of heads.keys()) void client.call('run.stop', { runId });
  });
  try {
    runIds = await start();
    if (isInterrupted) for (const runId of runIds) void client.call('run.stop', { runId }); // pressed before there was a run
    await ending;
  } finally {
    forget();
    out.bar.clear();
    for (const stop of stops) stop();
  }
  const runs = await Promise.all(runIds.map((runId) => client.call('run.get', { runId })));
  const failed = runs.find((run) => run.error);
  if (failed?.error) throw fromWire(failed.error);
  if (isInterrupted) throw new Interrupted();
  return runs;
}

async function doneOf({ client }: Session, runId: string): Promise<Record<string, unknown>> {
  const { result, head, classNames, numSkipped, phase, recipe } = await client.call('run.get', { runId });
  const { validation, test, ...rest } = result!;
  return {
    runId,
    head,
    phase,
    backbone: recipe.backbone,
    ...rest,
    validationAccuracy: validation?.accuracy ?? null,
    testAccuracy: test?.accuracy ?? null,
    validation,
    test,
    classNames,
    numSkipped,
  };
}

function epochText(report: EpochReport): string {
  const n = (value: number) => value.toFixed(4);
  return `${report.phase === 'head' ? '' : 'fine-tune '}epoch ${report.epoch}: loss ${n(report.loss)}, accuracy ${n(report.accuracy)}; validation loss ${n(report.validationLoss)}, accuracy ${n(report.validationAccuracy)} (${Math.round(report.durationMs)} ms)`;
}

async function summary({ client }: Session, runId: string): Promise<string> {
  const { result, head } = await client.call('run.get', { runId });
  const share = (name: string, part: { accuracy: number; low: number; high: number; numImages: number } | null) =>
    part
      ? `${name} ${(100 * part.accuracy).toFixed(1)} % (95 %: ${(100 * part.low).toFixed(1)} to ${(100 * part.high).toFixed(1)}, ${part.numImages} pictures)`
      : `${name}: none`;
  const { validation, test, headParameters, totalMs, featuresMs } = result!;
  return `${head}: ${share('validation', validation)}; ${share('test', test)}; head of ${headParameters} weights; ${(totalMs / 1000).toFixed(1)} s, of which features ${(featuresMs / 1000).toFixed(1)} s`;
}
