import { createHash } from 'node:crypto';
import path from 'node:path';
import {
  VerdictKind,
  type DatasetSnapshot,
  type DatasetSummary,
  type EditSummary,
  type ImageFilter,
  type ImageItem,
  type ImageOrder,
  type SizeRange,
  type Verdict,
} from '../../contract/dataset.ts';
import { applyEdits, type StoredEdit } from '../dataset/edits.ts';
import { datasetHealth } from '../dataset/health.ts';
import { numNotUsed, type Manifest, type ManifestImage } from '../dataset/manifest.ts';
import type { DatasetEntry, DatasetView, EntryUpload, ViewedImage } from './dataset-entry.ts';

/** The id under which a picture of a data set is shown; says nothing of its place. */
export function imageIdOf(datasetId: string, relativePath: string): string {
  return `${datasetId}.${createHash('sha256').update(relativePath).digest('hex').slice(0, 16)}`;
}

interface Ids {
  idByPath: ReadonlyMap<string, string>;
  pathById: ReadonlyMap<string, string>;
}
/** Edits change no path: the ids are made once for each scan. */
const knownIds = new WeakMap<Manifest['images'], Ids>();

function idsOf({ datasetId, images }: Manifest): Ids {
  const known = knownIds.get(images);
  if (known) return known;
  const idByPath = new Map<string, string>();
  const pathById = new Map<string, string>();
  for (const { path: file } of images) {
    const imageId = imageIdOf(datasetId, file);
    idByPath.set(file, imageId);
    pathById.set(imageId, file);
  }
  const ids = { idByPath, pathById };
  knownIds.set(images, ids);
  return ids;
}

export function viewOf(entry: DatasetEntry): DatasetView {
  entry.view ??= makeView(entry);
  return entry.view;
}

function makeView({ manifest: scanned, history }: DatasetEntry): DatasetView {
  const { manifest, excluded } = applyEdits(scanned, history);
  const { splitFrom, classes, warnings, images: split, findings, counts } = datasetHealth(manifest);
  const ids = idsOf(scanned);
  // Property by property: a spread that adds one is slow, and there may be a hundred thousand.
  const viewed = ({ path, className, split, sizeBytes, mtimeMs, sha256, facts }: ManifestImage): ViewedImage => ({
    imageId: ids.idByPath.get(path)!,
    path,
    className,
    split: split ?? 'train',
    sizeBytes,
    mtimeMs,
    sha256,
    facts,
  });
  // Where no split can be made the warnings say why.
  const images = (split ?? manifest.images).map(viewed);
  const out = excluded.map(viewed);
  const isEdited = history.edits.slice(0, history.numDone).some(({ kind }) => kind === 'move' || kind === 'split');
  const others = {
    used: images.length - findings.size,
    excluded: out.length,
    skipped: numNotUsed(manifest),
  };
  const verdicts = Object.fromEntries(VerdictKind.options.map((kind) => [kind, counts.get(kind) ?? 0]));
  return {
    manifest,
    images,
    excluded: out,
    pathById: ids.pathById,
    findings,
    snapshotParts: {
      classes,
      warnings,
      splitFrom: isEdited ? 'edited' : splitFrom,
      verdicts: { ...(verdicts as DatasetSnapshot['verdicts']), ...others },
    },
  };
}

/** The pictures of a view that a filter finds, by path. */
export function imagesWhere(
  { images, excluded, findings }: DatasetView,
  { className, split, search, verdict, sizes, isExcluded = false }: ImageFilter,
): ViewedImage[] {
  const part = search?.toLowerCase();
  return (isExcluded ? excluded : images).filter(
    (image) =>
      (className === undefined || image.className === className) &&
      (split === undefined || image.split === split) &&
      (sizes === undefined || isOfSize(image, sizes)) &&
      (part === undefined || image.path.toLowerCase().includes(part)) &&
      (verdict === undefined || findings.get(image.path)?.some(({ kind }) => kind === verdict) === true),
  );
}

const isOfSize = ({ facts }: ViewedImage, { minWidth, maxWidth, minHeight, maxHeight }: SizeRange): boolean =>
  facts !== null &&
  minWidth <= facts.width &&
  facts.width <= maxWidth &&
  minHeight <= facts.height &&
  facts.height <= maxHeight;

/** Puts pictures in order; equal ones by path, those of which it is not known last, both ways. */
export function inOrder(images: readonly ViewedImage[], by: ImageOrder, isDescending: boolean): ViewedImage[] {
  if (by === 'path') return isDescending ? [...images].reverse() : [...images];
  const valueOf = ({ sizeBytes, facts }: ViewedImage): number | null => {
    if (by === 'size') return sizeBytes;
    if (facts === null) return null;
    return by === 'pixels' ? facts.width * facts.height : facts[by];
  };
  const known: { image: ViewedImage; value: number }[] = [];
  const unknown: ViewedImage[] = [];
  for (const image of images) {
    const value = valueOf(image);
    if (value === null) unknown.push(image);
    else known.push({ image, value });
  }
  known.sort((a, b) => (isDescending ? b.value - a.value : a.value - b.value)); // stable: equal ones stay by path
  return [...known.map(({ image }) => image), ...unknown];
}

/** A picture as it is told to a window. */
export function itemOf(
  view: DatasetView,
  { imageId, path, className, split, sizeBytes, facts }: ViewedImage,
): ImageItem {
  return { imageId, path, className, split, sizeBytes, facts, verdicts: verdictsOf(view, path) };
}

/** What was found about a picture; empty where there is nothing but that it is used. */
export function verdictsOf(view: DatasetView, path: string): Verdict[] {
  return (view.findings.get(path) ?? []).map(({ otherPath, ...finding }) => {
    const other = otherPath === undefined ? undefined : imageAt(view, otherPath);
    return other
      ? {
          ...finding,
          other: { imageId: other.imageId, path: other.path, className: other.className, split: other.split },
        }
      : finding;
  });
}

function imageAt(view: DatasetView, path: string): ViewedImage | undefined {
  let images = byPath.get(view);
  if (!images) byPath.set(view, (images = new Map(view.images.map((image) => [image.path, image]))));
  return images.get(path);
}
/** Made when first needed: most views are never asked. */
const byPath = new WeakMap<DatasetView, ReadonlyMap<string, ViewedImage>>();

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
    numSkipped: numNotUsed(manifest),
    numExcluded: view.excluded.length,
    edits: {
      numDone: history.numDone,
      undo: summarised(history.edits[history.numDone - 1]),
      redo: summarised(history.edits[history.numDone]),
    },
    progress,
    transfer: entry.transfer && toldTransfer(entry.transfer),
    upload: entry.upload && toldUpload(entry.upload),
    labels: manifest.labels && { ...manifest.labels, file: path.posix.basename(manifest.labels.file) },
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

const toldUpload = ({ record, numReceived, numExpected }: EntryUpload): DatasetSnapshot['upload'] => ({
  kind: record.kind,
  numReceived,
  numExpected,
});

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
    case 'add-images':
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
