import { z } from 'zod';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { readJson } from '../store/read-json.ts';

/** Lies in the place of an upload until it is whole, so that another window, or the next start, knows what it is to be. */
export const uploadRecordName = 'upload.json';

export const UploadRecord = z.object({
  formatVersion: z.literal(1),
  kind: z.enum(['folder', 'archive']),
  /** As its sender called it. */
  name: z.string(),
  /** Files of a folder, bytes of an archive. */
  numExpected: z.int().min(1),
  /** Bytes of an archive that are safe on the disk; the files of a folder are counted where they lie. */
  numReceived: z.int().min(0),
  /** By which its sender knows the same files, or the same archive, again; null where nobody can. */
  fingerprint: z.string().nullable(),
  createdAt: z.string(),
});
export type UploadRecord = z.infer<typeof UploadRecord>;

/** Whether two uploads are of the same files, or of the same archive. */
export function isSameUpload(one: UploadRecord, other: UploadRecord): boolean {
  if (one.fingerprint === null || one.fingerprint !== other.fingerprint) return false;
  return one.kind === other.kind && one.name === other.name && one.numExpected === other.numExpected;
}

/** Null where no upload was cut off. */
export function readUploadRecord(place: string): Promise<UploadRecord | null> {
  return readJson(path.join(place, uploadRecordName), UploadRecord);
}

export async function removeUploadRecord(place: string): Promise<void> {
  await rm(path.join(place, uploadRecordName), { force: true });
}
