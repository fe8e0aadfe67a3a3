import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { WrittenDataset } from '../../contract/dataset.ts';
import { GraftError } from '../../contract/errors.ts';
import { pictureFile } from '../dataset/added.ts';
import { planFolders, type FolderPlan } from '../dataset/folder-plan.ts';
import type { Manifest } from '../dataset/manifest.ts';
import { expectUnchanged, writeFolders } from '../dataset/write-folders.ts';
import { isInside } from './allowed-path.ts';
import type { ExportFiles } from './backend.ts';
import type { Datasets } from './datasets.ts';
import type { Asking } from './questions.ts';

/** Either a folder that was written, or what an archive is to hold. */
type Written = { folder: string } | { files: ExportFiles };
/** So many are remembered: an archive is fetched at once, a folder shown soon. */
const numKept = 8;

/** Data sets that leave as folders, as they were mended. */
export class DatasetWrites {
  #datasets: Datasets;
  #written = new Map<string, Written>();

  constructor(datasets: Datasets) {
    this.#datasets = datasets;
  }

  /**
   * Copies the pictures in use into a folder; or only plans that, for an archive that is made while it is fetched.
   *
   * @param out absolute and real, new or empty; null for an archive
   * @throws dataset-not-ready, no-images, out-in-dataset, dataset-changed, what `writeFolders` throws
   */
  async write(datasetId: string, out: string | null, { signal, onProgress }: Asking): Promise<WrittenDataset> {
    const { manifest, images, snapshotParts } = await this.#datasets.shown(datasetId);
    const { name, root, classNames, skipped } = manifest;
    if (images.length === 0) throw new GraftError('no-images', { path: name, numSkipped: skipped.length });
    const realRoot = await realpath(root).catch(() => root); // what is gone is told by name below
    if (out !== null && isInside(out, realRoot)) throw new GraftError('out-in-dataset', { path: out, folder: root });
    const plan = planFolders(images, classNames);
    const sizeBytes = await expectUnchanged(name, manifest, manifest.images, signal);
    if (out !== null) await writeFolders(plan, manifest, out, sizeBytes, { signal, onProgress });
    const kept = out === null ? { files: archiveOf(plan, manifest) } : { folder: out };
    return {
      exportId: this.#keep(kept),
      folder: out,
      numImages: images.length,
      sizeBytes,
      classes: snapshotParts.classes.map((one) => ({ ...one, folder: plan.folderNames.get(one.name) ?? one.name })),
      numRenamedFiles: plan.numRenamedFiles,
    };
  }

  #keep(written: Written): string {
    const exportId = `wr-${randomUUID().slice(0, 12)}`;
    this.#written.set(exportId, written);
    for (const oldest of [...this.#written.keys()].slice(0, -numKept)) this.#written.delete(oldest);
    return exportId;
  }

  /** The folder that was written; null where it was none, or is none of these. */
  folderOf(exportId: string): string | null {
    const written = this.#written.get(exportId);
    return written && 'folder' in written ? written.folder : null;
  }

  /** What the archive holds; null where it was none. */
  filesOf(exportId: string): ExportFiles | null {
    const written = this.#written.get(exportId);
    return written && 'files' in written ? written.files : null;
  }
}

function archiveOf({ files, folders }: FolderPlan, { name, images, ...places }: Manifest): ExportFiles {
  const facts = new Map(images.map((image) => [image.path, image]));
  const filled = new Set(files.map(({ to }) => to.slice(0, to.lastIndexOf('/'))));
  const empty = folders.filter((folder) => !filled.has(folder));
  return {
    name,
    entries: [
      ...empty.map((folder) => ({ name: `${folder}/`, file: null, sizeBytes: 0, mtimeMs: 0 })),
      ...files.map(({ from, to }) => {
        const { sizeBytes, mtimeMs } = facts.get(from)!;
        return { name: to, file: pictureFile(places, from), sizeBytes, mtimeMs };
      }),
    ],
  };
}
