import type { Client } from '../../contract/client.ts';
import { maxUploadFileBytes, type UploadBegun } from '../../contract/dataset.ts';
import { fromWire, GraftError, isGraftError, type Reply } from '../../contract/errors.ts';
import { fingerprintOf, fingerprintOfBytes } from './fingerprint.ts';
import type { FolderFile, UploadProgress } from './transport.ts';

/** Files that travel at the same time: loopback is fast, the scan behind it is not. */
const numParallelUploads = 4;
/** Bytes of an archive that travel at once: so much is sent again after a cut. */
const pieceBytes = 8 * 1024 * 1024;
/** How often a piece is tried, a second apart: the way to the backend may be gone for a while. */
const maxAttempts = 60;
const retryMs = 1000;
/** Files of an earlier attempt that are asked for at once. */
const pageSize = 10_000;

/** What an upload goes by. */
export interface Sending {
  client: Client;
  /** Sends a body. Everything but an abort is a reply. */
  put: (path: string, body: Blob, signal: AbortSignal) => Promise<Reply<unknown>>;
  onProgress: (progress: UploadProgress) => void;
  signal: AbortSignal;
}

/**
 * Uploads the files of a folder as a data set. What came of the same files before, as that upload was cut off, is not sent again.
 *
 * @returns the data set's id
 * @throws GraftError; an AbortError
 */
export function uploadFiles(name: string, files: readonly FolderFile[], sending: Sending): Promise<string> {
  return untilWhole(() => sendFiles(name, files, sending), sending.signal);
}

/** The same for an archive, in pieces: goes on where its upload was cut off. */
export function uploadArchive(file: File, sending: Sending): Promise<string> {
  return untilWhole(() => sendArchive(file, sending), sending.signal);
}

/** Begins once more where something is missing at the end: a backend that was started anew meanwhile knows only what lies on its disk. */
async function untilWhole(upload: () => Promise<string>, signal: AbortSignal): Promise<string> {
  try {
    return await upload();
  } catch (error) {
    if (!hasCode(error, 'upload-incomplete')) throw error;
    signal.throwIfAborted();
    return upload();
  }
}

async function sendFiles(name: string, files: readonly FolderFile[], sending: Sending): Promise<string> {
  const { client, onProgress } = sending;
  const begun = await client.call('dataset.beginUpload', {
    name,
    numFiles: files.length,
    fingerprint: await fingerprintOf(files),
  });
  return finished(begun, sending, async () => {
    const { datasetId, numReceived } = begun;
    const received = numReceived > 0 ? await receivedOf(client, datasetId) : null;
    const missing = files.filter(({ path, file }) => !isThere(received?.get(path), file));
    let numDone = files.length - missing.length;
    let isOver = false;
    const tell = (): void => {
      if (!isOver) onProgress({ numDone, numFiles: files.length, datasetId });
    };
    tell();
    const waiting = missing.values();
    const carry = async (): Promise<void> => {
      for (const one of waiting) {
        if (isOver) return; // another could not go on
        try {
          await sendFile(datasetId, one, sending);
        } catch (error) {
          isOver = true;
          throw error;
        }
        numDone++;
        tell();
      }
    };
    await Promise.all(Array.from({ length: numParallelUploads }, carry));
  });
}

async function sendArchive(file: File, sending: Sending): Promise<string> {
  const { client, onProgress } = sending;
  const { name, size: sizeBytes, lastModified: mtimeMs } = file;
  const fingerprint = await fingerprintOfBytes(file);
  const begun = await client.call('dataset.beginArchive', { name, sizeBytes, mtimeMs, fingerprint });
  return finished(begun, sending, async () => {
    const { datasetId } = begun;
    const tell = (numDone: number): void => onProgress({ numDone, numFiles: sizeBytes, isBytes: true, datasetId });
    tell(begun.numReceived);
    for (let offset = begun.numReceived; offset < sizeBytes; offset += pieceBytes) {
      const piece = file.slice(offset, offset + pieceBytes);
      const put = () => sending.put(`/api/datasets/${datasetId}/archive?offset=${offset}`, piece, sending.signal);
      if (!(await sendReadable(put, piece, sending.signal)))
        throw new GraftError('archive-damaged', { path: name, problem: 'not-readable' });
      tell(offset + piece.size);
    }
  });
}

/** Sends what is missing, and says that it is whole. */
async function finished(
  { datasetId, isNew }: UploadBegun,
  { client, signal }: Sending,
  send: () => Promise<void>,
): Promise<string> {
  const finish = () => persistently(() => replyOf(client.call('dataset.finishUpload', { datasetId })), signal);
  try {
    try {
      await send();
    } catch (error) {
      if (!hasCode(error, 'upload-incomplete')) throw error;
      // It is over: another window has sent the same, and was the first to end.
    }
    await finish();
  } catch (error) {
    // Half an upload helps nobody, and the reason it broke is what the user should read. But one whose way is gone, or that had
    // been begun before, waits: whoever chooses the same again goes on with it.
    const isKept = !isNew || hasCode(error, 'connection-lost') || hasCode(error, 'upload-incomplete');
    if (!isKept) await client.call('dataset.remove', { datasetId }).catch(() => undefined);
    throw error;
  }
  return datasetId;
}

/** What has come of an upload, by path; null where it stays out. */
async function receivedOf(client: Client, datasetId: string): Promise<ReadonlyMap<string, number | null>> {
  const received = new Map<string, number | null>();
  for (let offset = 0; ; offset += pageSize) {
    const { total, files } = await client.call('dataset.uploaded', { datasetId, offset, limit: pageSize });
    for (const { path, sizeBytes } of files) received.set(path, sizeBytes);
    if (offset + pageSize >= total) return received;
  }
}

const isThere = (sizeBytes: number | null | undefined, file: File | null): boolean =>
  sizeBytes === null || (sizeBytes !== undefined && sizeBytes === file?.size);

/** Sends one file. One that is too large, or that the browser cannot read, stays out either way: only its name is sent. */
async function sendFile(datasetId: string, { path, file }: FolderFile, { put, signal }: Sending): Promise<void> {
  const to = (place: string, more: Record<string, string> = {}) =>
    `/api/datasets/${datasetId}/${place}?${new URLSearchParams({ path, ...more })}`;
  if (file !== null && file.size <= maxUploadFileBytes) {
    if (await sendReadable(() => put(to('files'), file, signal), file, signal)) return;
  }
  const why: Record<string, string> = file !== null && file.size > maxUploadFileBytes ? {} : { reason: 'unreadable' };
  await persistently(() => put(to('left-out', why), noBytes, signal), signal);
}

/**
 * Sends bytes of the person's disk. A browser says the same of bytes that it cannot read as of a lost connection, so after a
 * failure they are read once without being sent.
 *
 * @returns false where they cannot be read
 */
async function sendReadable(send: () => Promise<Reply<unknown>>, bytes: Blob, signal: AbortSignal): Promise<boolean> {
  const reply = await send();
  if (reply.ok) return true;
  if (reply.error.code !== 'connection-lost') throw fromWire(reply.error);
  if (!(await isReadable(bytes))) return false;
  await persistently(send, signal);
  return true;
}

async function isReadable(bytes: Blob): Promise<boolean> {
  try {
    const reader = bytes.stream().getReader();
    while (!(await reader.read()).done);
    return true;
  } catch {
    return false; // NotReadableError, NotFoundError
  }
}

/** Sends until there is an answer: the backend knows what comes twice. @throws GraftError; an AbortError */
async function persistently(send: () => Promise<Reply<unknown>>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const reply = await send();
    if (reply.ok) return;
    if (reply.error.code !== 'connection-lost' || attempt === maxAttempts) throw fromWire(reply.error);
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    signal.throwIfAborted();
  }
}

async function replyOf(call: Promise<unknown>): Promise<Reply<unknown>> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    if (isGraftError(error)) return { ok: false, error: { code: error.code, params: error.params } };
    throw error;
  }
}

const hasCode = (error: unknown, code: GraftError['code']): boolean => isGraftError(error) && error.code === code;
const noBytes = new Blob();
