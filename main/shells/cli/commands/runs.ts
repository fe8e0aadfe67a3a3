import type { Split } from '../../../../contract/dataset.ts';
import { addData, type Session } from '../session.ts';

/** All runs, newest first. */
export async function runs({ client, out }: Session): Promise<void> {
  const list = await client.call('run.list', {});
  for (const run of list) {
    const accuracy = run.result?.test ?? run.result?.validation;
    const text = `${String(run.number).padStart(4)}  ${run.runId}  ${run.backboneId}  ${run.head}  ${run.phase}  ${accuracy ? `${(100 * accuracy.accuracy).toFixed(1)} %` : '-'}  ${run.datasetName}`;
    out.event('run', { ...run }, text);
  }
  out.event('done', { runs: list }, list.length === 0 ? 'no runs yet' : undefined);
}

/** Everything about one run. */
export async function show({ client, out }: Session, runId: string): Promise<void> {
  const run = await client.call('run.get', { runId });
  out.event('done', { ...run }, JSON.stringify(run, null, 2));
}

/** Evaluates a run on a split of its data, or on another folder with the same classes. */
export async function evaluate(
  session: Session,
  runId: string,
  { split, data }: { split: Split; data?: string },
): Promise<void> {
  const { client, out } = session;
  await client.call('run.get', { runId });
  const datasetId = data === undefined ? undefined : (await addData(session, data, true)).datasetId;
  const result = await client.call('run.evaluate', { runId, split, ...(datasetId && { datasetId }) });
  const { share, confusion, classNames, loss, skipped } = result;
  out.event(
    'done',
    {
      runId,
      split,
      accuracy: share.accuracy,
      low: share.low,
      high: share.high,
      numImages: share.numImages,
      loss,
      confusion,
      classNames,
      skipped,
    },
    `accuracy ${(100 * share.accuracy).toFixed(1)} % (95 %: ${(100 * share.low).toFixed(1)} to ${(100 * share.high).toFixed(1)}) on ${share.numImages} pictures\n${classNames.map((name, i) => `${name}: ${confusion[i]!.join(' ')}`).join('\n')}`,
  );
}
