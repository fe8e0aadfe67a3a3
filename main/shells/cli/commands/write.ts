import { randomUUID } from 'node:crypto';
import { isGraftError } from '../../../../contract/errors.ts';
import { Interrupted, onInterrupt } from '../interrupt.ts';
import { addData, userPath, type Session } from '../session.ts';

/** Writes a data set as folders, with the edits that this home knows. */
export async function write(session: Session, data: string, flags: { out: string }): Promise<void> {
  const { client, out } = session;
  const { datasetId } = await addData(session, data, false);
  const jobId = randomUUID();
  const stopBar = client.on('job.progress', (told) => {
    if (told.jobId === jobId) out.bar.show('copying pictures', told.done, told.total, null);
  });
  const forget = onInterrupt(() => void client.call('job.cancel', { jobId }));
  const written = await client
    .call('dataset.write', { datasetId, out: userPath(flags.out), jobId })
    .catch((error: unknown) => {
      throw isGraftError(error) && error.code === 'job-stopped' ? new Interrupted() : error;
    })
    .finally(() => {
      forget();
      stopBar();
      out.bar.clear();
    });
  const { folder, numImages, sizeBytes, classes, numRenamedFiles } = written;
  const lines = [
    `${numImages} pictures in ${classes.length} classes (${sizeBytes} bytes) written to ${folder}`,
    ...classes.filter((one) => one.folder !== one.name).map((one) => `  ${one.name} lies in ${one.folder}`),
    ...(numRenamedFiles > 0 ? [`  ${numRenamedFiles} files got another name`] : []),
  ];
  out.event('done', { datasetId, out: folder, numImages, sizeBytes, classes, numRenamedFiles }, lines.join('\n'));
}
