import path from 'node:path';
import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat } from '../../contract/model.ts';
import type { EncodedMessage } from '../lowering/protobuf.ts';
import { writeFileAtomic } from '../store/write-atomic.ts';

/** Readers of protobuf take no message from 2 GB on. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Writes a message as a file, a tensor at a time.
 *
 * @param file its name in the export's folder
 * @throws GraftError export-too-large, disk-full, cannot-write
 */
export async function writeProtobuf(
  message: EncodedMessage,
  folder: string,
  file: string,
  format: ExportFormat,
  maxBytes = MAX_BYTES,
): Promise<string> {
  const { sizeBytes } = message;
  if (sizeBytes > maxBytes) throw new GraftError('export-too-large', { format, sizeBytes, maxBytes });
  await writeFileAtomic(path.join(folder, file), message.pieces());
  return file;
}
