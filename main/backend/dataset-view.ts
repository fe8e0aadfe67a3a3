import { createHash } from 'node:crypto';
import path from 'node:path';
import type { DatasetSnapshot, DatasetSummary, EditSummary, ImageFilter, Split } from '../../contract/dataset.ts';
import { applyEdits, noEdits, type EditHistory, type StoredEdit } from '../dataset/edits.ts';
import { datasetHealth } from '../dataset/health.ts';
import type { Manifest, ManifestImage } from '../dataset/manifest.ts';

/** A data set as the backend holds it. */
export interface DatasetEntry {
  /** As it lies on disk, unedited. */
  manifest: Manifest;
  history: EditHistory;
  phase: DatasetSummary['phase'];
  progress: { done: number; total: number } | null;
  error: DatasetSnapshot['error'];
  /** Ends when the folder has been listed. */
  scanning: Promise<void>;
  /** The last write of the manifest. */
  saving: Promise<unknown>;
  stop: AbortController;
  /** Of an upload of files their number, of an archive its bytes. `paths` have come whole. */
  upload: { numExpected: number; numReceived: number; paths: Set<string> } | null;
  /** Bytes on their way, since when and from where on. */
  transfer: { receivedBytes: number; totalBytes: number | null; startedAt: number; startBytes: number } | null;
  /** When progress was last announced. */
  toldAt: number;
  /** Derived when asked for; null after a change. */
  view: DatasetView | null;
}

/** What follows from a manifest and its edits. */
export interface DatasetView {
  /** With the edits applied: what is trained on. */
  manifest: Manifest;
  images: ViewedImage[];
  excluded: ViewedImage[];
  pathById: Map<string, string>;
  snapshotParts: Pick<DatasetSnapshot, 'classes' | 'warnings' | 'splitFrom'>;
}

interface ViewedImage {
  imageId: string;
  path: string;
  className: string;
  split: Split;
}

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
    toldAt: 0,
    view: null,
  };
}

/** The id under which a picture of a data set is shown; says nothing of its place. */
export function imageIdOf(datasetId: string, relativePath: string): string {
  return `${datasetId}.${createHash('sha256').update(relativePath).digest('hex').slice(0, 16)}`;
}

export function viewOf(entry: DatasetEntry): DatasetView {
  entry.view ??= makeView(entry);
  return entry.view;
}

function makeView({ manifest: scanned, history }: DatasetEntry): DatasetView {
  const { manifest, excluded } = applyEdits(scanned, history);
  const { splitFrom, classes, warnings, images: split } = datasetHealth(manifest);
  const viewed = (image: ManifestImage): ViewedImage => ({
    imageId: imageIdOf(manifest.datasetId, image.path),
    path: image.path,
    className: image.className,
    split: image.split ?? 'train',
  });
  // Where no split can be made the warnings say why.
  const images = (split ?? manifest.images).map(viewed);
  const out = excluded.map(viewed);
  const isEdited = history.edits.slice(0, history.numDone).some(({ kind }) => kind === 'move' || kind === 'split');
  return {
    manifest,
    images,
    excluded: out,
    pathById: new Map([...images, ...out].map((image) => [image.imageId, image.path])),
    snapshotParts: { classes, warnings, splitFrom: isEdited ? 'edited' : splitFrom },
  };
}

/** The pictures of a view that a filter finds, by path. */
export function imagesWhere(
  { images, excluded }: DatasetView,
  { className, split, search, isExcluded = false }: ImageFilter,
): ViewedImage[] {
  const part = search?.toLowerCase();
  return (isExcluded ? excluded : images).filter(
    (image) =>
      (className === undefined || image.className === className) &&
      (split === undefined || image.split === split) &&
      (part === undefined || image.path.toLowerCase().includes(part)),
  );
}

export function summaryOf(entry: DatasetEntry): DatasetSummary {
  const { datasetId, name, kind, createdAt, images, classNames } = viewOf(entry).manifest;
  return {
    datasetId,
    name,
    kind,
    phase: entry.phase,
    numImages: images.length,
    numClasses: classNames.length,
    createdAt,
  };
}

export function snapshotOf(entry: DatasetEntry): DatasetSnapshot {
  const { manifest, history, progress, error } = entry;
  const view = viewOf(entry);
  const summarised = (edit: StoredEdit | undefined) => (edit ? summaryOfEdit(edit) : null);
  return {
    ...summaryOf(entry),
    ...view.snapshotParts,
    layout: manifest.layout,
    numSkipped: manifest.skipped.length + manifest.left.length,
    numExcluded: view.excluded.length,
    edits: {
      numDone: history.numDone,
      undo: summarised(history.edits[history.numDone - 1]),
      redo: summarised(history.edits[history.numDone]),
    },
    progress,
    transfer: entry.transfer && toldTransfer(entry.transfer),
    source: sourceOf(manifest),
    error,
  };
}

/** The link, or the archive's name: its folder is not told. */
function sourceOf({ source, name }: Manifest): string | null {
  if (source === null) return null;
  if (source.kind === 'link') return source.url;
  return source.kind === 'archive' ? path.basename(source.file) : name;
}

/** From when on the time left is told: before, it would jump. */
const tellTimeAfterMs = 2000;

function toldTransfer(transfer: NonNullable<DatasetEntry['transfer']>): DatasetSnapshot['transfer'] {
  const { receivedBytes, totalBytes, startedAt, startBytes } = transfer;
  const passedMs = Date.now() - startedAt;
  const numCame = receivedBytes - startBytes;
  const canTell = totalBytes !== null && numCame > 0 && passedMs > tellTimeAfterMs;
  const secondsLeft = canTell ? ((totalBytes - receivedBytes) / numCame) * (passedMs / 1000) : null;
  return { receivedBytes, totalBytes, secondsLeft };
}

function summaryOfEdit(edit: StoredEdit): EditSummary {
  switch (edit.kind) {
    case 'relabel':
      return { kind: edit.kind, numImages: edit.paths.length, target: edit.className };
    case 'move':
      return { kind: edit.kind, numImages: edit.paths.length, target: edit.split };
    case 'exclude':
    case 'include':
      return { kind: edit.kind, numImages: edit.paths.length, target: '' };
    case 'relabel-each':
      return { kind: edit.kind, numImages: edit.labels.length, target: '' };
    case 'rename-class':
      return { kind: edit.kind, numImages: 0, target: edit.to };
    case 'split':
      return { kind: edit.kind, numImages: 0, target: '' };
    default:
      return { kind: edit.kind, numImages: 0, target: edit.className };
  }
}
