import path from 'node:path';
import { addedPrefix } from '../../contract/dataset.ts';
import type { Manifest, ManifestImage } from './manifest.ts';

/** Where the files of a data set's pictures lie. */
export type PicturePlaces = Pick<Manifest, 'root' | 'addedFolder'>;

/** Whether a path is that of a picture that was added by itself, and not found in the folder. */
export const isAdded = ({ path: relative }: Pick<ManifestImage, 'path'>): boolean => relative.startsWith(addedPrefix);

/** The file of a picture. @param relative its path in the manifest */
export function pictureFile({ root, addedFolder }: PicturePlaces, relative: string): string {
  return addedFolder !== undefined && isAdded({ path: relative })
    ? path.join(addedFolder, relative.slice(addedPrefix.length))
    : path.join(root, relative);
}

/** A manifest with more pictures of Graft's own. They count while an edit of kind `add-images` holds that names them. */
export function withAdded(manifest: Manifest, addedFolder: string, images: readonly ManifestImage[]): Manifest {
  return { ...manifest, addedFolder, images: [...manifest.images, ...images] };
}
