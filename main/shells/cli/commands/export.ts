import type { ExportFormat, ExportOptions, ExportReport } from '../../../../contract/model.ts';
import { fromWire } from '../../../../contract/errors.ts';
import { addData, userPath, type Session } from '../session.ts';

/** Writes a run's model and proves that it answers as the app does. */
export async function exportRun(
  session: Session,
  runId: string,
  { format, out: folder, data, options }: { format: ExportFormat; out: string; data: string | undefined; options: ExportOptions }, // prettier-ignore
): Promise<void> {
  const { client, out } = session;
  await client.call('run.get', { runId }); // an unknown run is told before anything is read
  const on = data === undefined ? {} : { datasetId: (await addData(session, data, true)).datasetId };
  const report = await new Promise<ExportReport>((resolve, reject) => {
    let exportId: string | null = null;
    const seen = new Map<string, ExportReport>();
    const stop = client.on('model.exported', (changed) => {
      seen.set(changed.exportId, changed);
      settle();
    });
    const settle = () => {
      const ended = exportId === null ? undefined : seen.get(exportId);
      if (!ended) return;
      stop();
      resolve(ended);
    };
    client.call('model.export', { runId, format, out: userPath(folder), options, ...on }).then((started) => {
      exportId = started.exportId;
      settle();
    }, reject);
  });
  if (report.error) throw fromWire(report.error);
  const { parity, files, usage } = report;
  const list = files.map((file) => `${file.name} (${file.sizeBytes} bytes)`).join('\n');
  const proof = parity
    ? `\n${parity.numImages - parity.numChangedLabels} of ${parity.numImages} pictures answered the same; largest difference ${parity.maxAbsoluteDifference.toExponential(1)}`
    : '';
  out.event(
    'done',
    { runId, format, options, folder, files: files.map((file) => file.name), sizes: files, parity, usage },
    `${list}${proof}`,
  );
}
