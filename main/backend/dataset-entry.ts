import type { DatasetSnapshot, DatasetSummary, Split } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { noEdits, type EditHistory } from '../dataset/edits.ts';
import type { Finding } from '../dataset/findings.ts';
import type { Manifest, ManifestImage } from '../dataset/manifest.ts';
import type { FileUpload } from './file-upload.ts';
import type { UploadRecord } from './upload-record.ts';

/** A data set as the backend holds it. */
export interface DatasetEntry {
  /** As it lies on disk, unedited. */
  manifest: Manifest;
  history: EditHistory;
  phase: DatasetSummary['phase'];
  progress: DatasetSnapshot['progress'];
  error: DatasetSnapshot['error'];
  /** Ends when the folder has been listed. */
  scanning: Promise<void>;
  /** The last write of the manifest. */
  saving: Promise<unknown>;
  stop: AbortController;
  /** Null once it is whole. */
  upload: EntryUpload | null;
  /** Bytes on their way, since when and from where on. */
  transfer: { receivedBytes: number; totalBytes: number | null; startedAt: number; startBytes: number } | null;
  /** False where only the names were asked for. Else looking at the files goes on wherever it was cut off. */
  wantsVerdicts: boolean;
  /** When progress was last announced. */
  toldAt: number;
  /** Derived when asked for; null after a change. */
  view: DatasetView | null;
}

/** An upload on its way: of files their number counts, of an archive its bytes. */
export interface EntryUpload {
  record: UploadRecord;
  numExpected: number;
  numReceived: number;
  /** Null for an archive. */
  files: FileUpload | null;
  /** Ends when nothing has come for long. */
  silence: NodeJS.Timeout;
}

/** What follows from a manifest and its edits. */
export interface DatasetView {
  /** With the edits applied: what is trained on. */
  manifest: Manifest;
  images: ViewedImage[];
  excluded: ViewedImage[];
  /** Of every picture of the scan: what was added and taken back is still shown where a run has seen it. */
  pathById: ReadonlyMap<string, string>;
  /** What there is to know about single pictures, by path. */
  findings: Map<string, Finding[]>;
  snapshotParts: Pick<DatasetSnapshot, 'classes' | 'warnings' | 'splitFrom' | 'verdicts'>;
}

export interface ViewedImage extends ManifestImage {
  imageId: string;
  split: Split;
}

/** What is known of a data set that is only now put on the shelf: nothing is at work, nothing has failed. */
export function entryOf(
  manifest: Manifest,
  phase: DatasetSummary['phase'],
  history: EditHistory = noEdits,
): DatasetEntry {
  return {
    manifest,
    history,
    phase,
    progress: null,
    error: null,
    scanning: Promise.resolve(),
    saving: Promise.resolve(),
    stop: new AbortController(),
    upload: null,
    transfer: null,
    wantsVerdicts: true,
    toldAt: 0,
    view: null,
  };
}

/** For what needs all files listed. @throws dataset-not-ready */
export function requireReady(entry: DatasetEntry): DatasetEntry {
  const { phase, manifest } = entry;
  if (phase !== 'ready') throw new GraftError('dataset-not-ready', { name: manifest.name, phase });
  return entry;
}

/** For what needs every verdict. @throws dataset-not-ready where not every file has been looked at and compared */
export function requireJudged(entry: DatasetEntry): void {
  if (entry.progress !== null || !entry.manifest.complete) throw stillLooking(entry);
}

/** The error of what has to wait until all files have been looked at. */
export const stillLooking = ({ manifest }: DatasetEntry): GraftError =>
  new GraftError('dataset-not-ready', { name: manifest.name, phase: 'scanning' });

/** What is missing of an upload. */
export function incomplete({ manifest, upload }: DatasetEntry, name = manifest.name): GraftError {
  const { numReceived, numExpected } = upload ?? { numReceived: 0, numExpected: 0 };
  const isArchive = upload !== null && upload.files === null;
  return new GraftError('upload-incomplete', { name, numReceived, numExpected, ...(isArchive && { isArchive }) });
}
