import type { ExportFormat, ExportReport } from '../../../../contract/model.ts';
import { fromWire } from '../../../../contract/errors.ts';
import { userPath, type Session } from '../session.ts';

/** Writes a run's model and proves that it answers as the app does. */
export async function exportRun(
  { client, out }: Session,
  runId: string,
  { format, out: folder }: { format: ExportFormat; out: string },
): Promise<void> {
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
    client.call('model.export', { runId, format, out: userPath(folder) }).then((started) => {
      exportId = started.exportId;
      settle();
    }, reject);
  });
  if (report.error) throw fromWire(report.error);
  const { parity, files } = report;
  out.event(
    'done',
    { runId, format, folder, files: files.map((file) => file.name), sizes: files, parity },
    `${files.map((file) => `${file.name} (${file.sizeBytes} bytes)`).join('\n')}\n${parity!.numImages - parity!.numChangedLabels} of ${parity!.numImages} pictures answered the same; largest difference ${parity!.maxAbsoluteDifference.toExponential(1)}`,
  );
}
